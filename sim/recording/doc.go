// Package recording keeps matches in files from which they can be simulated again, and replays them.
//
//	file, err := os.Create("run.lagrec")
//	if err != nil {
//		return err
//	}
//	w, err := recording.NewWriter(file, arena.Game, recording.Config{Seed: seed})
//	if err != nil {
//		return err
//	}
//	recording.Record(w, arena.Game, srv.Matches()...) // before the server runs
//	…
//	err = errors.Join(w.Close(), file.Close())
//
// A match is a function of what went into it: its seed and settings, who joined and left when, the command that was applied
// for each player in each tick, and, where the rules went back to what a player saw, between which of its snapshots that
// was, because this depends on what the network delivered. All of it, and nothing else, is recorded, whether the match ran on
// the real clock or a simulated one. [Replay] runs the very rules on it and proves that they do the same again.
//
// # What proves it
//
// So that the first tick that differs is known, and in it the entity and the fields, there is of each
//
//	tick        a seal of 8 bytes and half a one for each field, however many entities there are
//	second      a checksum of 64 bits of everything in the world
//	10 seconds  everything in the world, and likewise at the match's end
//
// A hash for each entity and tick would name entities only, and would cost as much for each player as half of its commands; the
// world itself in each tick, many times that. A seal costs the same for any number of entities, and two of them tell which
// one or two entities differ, and in which fields; see seal.go. When more differ at once, the seal names the fields, and the
// next world that was kept names the entities and their values.
//
// A recording of the arena's hunters takes 12.7 kB per player-minute with sixteen players in the match, on links of 80 ms,
// jitter and 2 % loss (TestSize): commands 7.6, seals 4.8, worlds and the rest 0.4. Packing earns its place, without it
// commands would take 13.7, and so does keeping apart what is alike, which saves another 0.9. Aims and views change in
// nearly every tick and are close to random in their low bits.
//
// # The file
//
// A file is eight bytes and then frames. A frame is written whole and at once, at least one a second for each match: a
// process that is killed loses less than a second, and a file that ends anywhere is good up to its last whole frame.
//
//	file    "lagrec" 1a 01    01 is the format's version
//	        frame …
//
//	frame    0  kind      1 byte
//	         1  packed    1 byte: bit i: part i is packed with DEFLATE (RFC 1951)
//	         2  lengths   4 × 4 bytes, of the parts as they stand here; at most 16 MiB each, also unpacked
//	        18  sum       CRC-32C of bytes 0 to 17
//	        22  parts     0 main, 1 values, 2 views, 3 seals
//	            sum       CRC-32C of the parts as they stand here
//
// Numbers of fixed size have their lowest byte first. All others are varints, written n, of seven bits a byte, the lowest
// first, with bit 7 set in all but the last byte; signed ones, written s, are folded first: v<<1 ^ v>>63. Both are in their
// shortest form. A text is its length in bytes, n, and its UTF-8, all printable. Only frames of ticks have other parts
// than the main one. Kinds are:
//
//	1  header  the first frame, and only it
//	     text program · text game · n its version · 8 schema hash · 8 the run's seed · s the run's start, in ns
//	     n fields of an entity, text each · n fields of a command, text each
//	   The entity's fields are the replicated ones, in the schema's order, and then those that are not. The start is on the clock
//	   that notes and ticks are on.
//	2  match   one begins: frames name it by how many began before it in the file, its stream
//	     n number · n generation · 8 seed · n ticks per second · n ticks that rewinding remembers · text the game's options
//	   The generation counts the matches of a number, from 0: a server may start again, the match before has ended then.
//	3  ticks   a second of a match, or 64 kB
//	     main   n stream · n the first tick · s when that was due, in ns · ticks
//	     seals  a seal for each tick · 8 checksum of the world after the last
//	4  state   the world of a match
//	     n stream · 1 last: bit 0 says that the match ends here · n tick · 8 checksum · 8 chance · n newest entity
//	     entities by ascending id: n distance to the id before · n owner · s each field
//	5  note    s when, in ns · text group, may be empty · text what
//	6  end     the last frame: text why the recording ended early, or empty
//
// A tick in the main part, of which the first is tick 1, and each follows the one before:
//
//	flags     1 byte: bit 0: changes follow, bit 1: rewinds follow the commands
//	changes   n how many · 01 · n player · n entity · text name      the player joins
//	                       02 · n player                             the player leaves
//	commands  one for each player, by ascending player: n head
//	            bit 0      the player's command was not there, and the one before stood in
//	            bit 1      the view is not as expected: its difference stands in the views, s
//	            bit 2+i    field i is not as in the player's command before: its difference stands in the values, s
//	rewinds   n how many · n player · s view, from that of the player's command · s ticks from the left snapshot to the
//	          view's whole tick · s ticks from the left snapshot to the right one
//
// A player's first command differs from zeros. A view counts 1/256 ticks; expected is one tick after the one before, or 0 after
// 0. Views are those that the server admitted, see server.Config.Rewind.
//
// A seal is: 2 each of four sums · half a byte for each column, the first in the low half; seal.go has the sums. The checksum is
// game.Simulation.Checksum.
package recording
