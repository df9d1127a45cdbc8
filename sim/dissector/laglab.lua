-- A Wireshark dissector of laglab's protocol, version 2, as protocol/WIRE.md describes it.
--
--   wireshark -X lua_script:laglab.lua capture.pcapng
--
-- or put it into Wireshark's folder of personal Lua plugins. Datagrams are recognised on UDP port 62893 and, by their
-- checksum, on any other.

local laglab = Proto("laglab", "laglab")

-- The fields of the game: of its entities, and of its commands; and those of entities that others than the owner are told by
-- differences.
local game = {
	name = "example",
	entity = {},
	others = {},
	command = {},
}
--GAME--

-- Bit operations: what Wireshark's Lua has of them depends on its version.
local ops = bit or bit32 or load("return {band=function(a,b) return a&b end,bxor=function(a,b) return a~b end,rshift=function(a,n) return a>>n end}")()
local band, bxor, rshift = ops.band, ops.bxor, ops.rshift

-- CRC-32C, by a table.
local crc_table = {}
for i = 0, 255 do
	local c = i
	for _ = 1, 8 do
		if band(c, 1) == 1 then
			c = bxor(rshift(c, 1), 0x82f63b78)
		else
			c = rshift(c, 1)
		end
	end
	crc_table[i] = c
end

local function crc32c(bytes)
	local c = 0xffffffff
	for i = 1, #bytes do
		c = bxor(rshift(c, 8), crc_table[band(bxor(c, bytes:byte(i)), 0xff)])
	end
	return bxor(c, 0xffffffff) % 0x100000000
end

local types = {
	[0x01] = "hello", [0x02] = "challenge", [0x03] = "connect", [0x04] = "accept", [0x05] = "reject",
	[0x06] = "resume", [0x07] = "unknown", [0x08] = "disconnect",
	[0x80] = "data", [0x81] = "data", [0x82] = "data", [0x83] = "data", [0x84] = "data", [0x85] = "data", [0x86] = "data", [0x87] = "data",
}
local lengths = { [0x01] = 64, [0x02] = 33, [0x03] = 59, [0x04] = 37, [0x05] = 22, [0x06] = 49, [0x07] = 13, [0x08] = 14 }
local reasons = {
	[1] = "protocol version differs", [2] = "game or its version differs", [3] = "server is full", [4] = "wrong join key",
	[5] = "server is shutting down", [6] = "left", [7] = "kicked", [8] = "timed out", [9] = "connection unknown to the peer",
	[10] = "too slow to take reliable messages", [11] = "malformed message", [12] = "flooding", [13] = "no answer", [14] = "did not join",
}
local commands = { [81] = "PUSH", [82] = "ACK", [83] = "WASK", [84] = "WINS" }
local kinds = {
	[1] = "join", [2] = "welcome", [3] = "commands", [4] = "snapshot", [5] = "players joined", [6] = "players left", [7] = "events", [8] = "held", [9] = "delay",
}

local f = {}
local function field(kind, name, label, ...)
	f[name] = ProtoField[kind]("laglab." .. name, label, ...)
end
field("uint8", "type", "Type", base.HEX, types)
field("string", "magic", "Magic")
field("uint16", "version", "Version")
field("uint64", "nonce", "Nonce", base.HEX)
field("uint64", "key", "Key", base.HEX)
field("bytes", "cookie", "Cookie")
field("uint64", "schema", "Schema hash", base.HEX)
field("bytes", "proof", "Proof")
field("uint64", "id", "Connection", base.HEX)
field("bytes", "token", "Resume token")
field("uint8", "reason", "Reason", base.DEC, reasons)
field("uint64", "detail", "Detail", base.HEX)
field("bytes", "padding", "Padding")
field("uint32", "crc", "CRC-32C", base.HEX)
field("bool", "crc.good", "Checksum good")
field("uint16", "seq", "Sequence number")
field("bool", "flag.ack", "Acknowledgement", 8, nil, 0x01)
field("bool", "flag.reliable", "Reliable lane", 8, nil, 0x02)
field("bool", "flag.unreliable", "Unreliable lane", 8, nil, 0x04)
field("uint16", "ack.newest", "Newest")
field("uint16", "ack.received", "Received")
field("uint16", "ack.delay", "Delay, in 16 µs")
field("uint16", "segments", "Length of the segments")
field("uint32", "kcp.conv", "conv", base.HEX)
field("uint8", "kcp.cmd", "cmd", base.DEC, commands)
field("uint8", "kcp.frg", "frg")
field("uint16", "kcp.wnd", "wnd")
field("uint32", "kcp.ts", "ts")
field("uint32", "kcp.sn", "sn")
field("uint32", "kcp.una", "una")
field("uint32", "kcp.len", "len")
field("uint8", "message", "Message", base.DEC, kinds)
field("string", "name", "Name")
field("uint16", "player", "Player")
field("uint32", "entity", "Entity")
field("uint16", "match", "Match")
field("uint8", "tick_rate", "Tick rate")
field("uint8", "snapshot_rate", "Snapshot rate")
field("uint8", "reliable_data", "Reliable data")
field("uint32", "tick", "Tick")
field("string", "options", "Options")
field("uint8", "event.code", "Code")
field("uint32", "event.a", "a")
field("uint32", "event.b", "b")
field("int32", "event.value", "Value")
field("uint32", "commands.newest", "Newest")
field("uint32", "commands.ack", "Snapshot had, ticks before")
field("double", "commands.view", "View, in 1/256 tick before newest")
field("uint8", "commands.count", "Count")
field("double", "head", "Head")
field("double", "mask", "Mask")
field("double", "entry", "Entry")
field("bytes", "undecoded", "Not to be decoded, because what it refers to is not in the capture")
field("double", "event.distance", "Ticks after the event before")
field("int32", "difference", "Difference")
field("double", "view_difference", "View, not as expected by")
field("double", "snapshot.base", "Base")
field("int32", "snapshot.received", "Newest command had, ticks after")
field("int32", "snapshot.slack", "Slack, in 1/16 tick")
field("uint32", "snapshot.checksum", "Checksum", base.HEX)
field("uint32", "distance", "Distance")
field("uint32", "held.age", "Age, in ticks")
field("int32", "held.value", "Value")
field("uint16", "delay", "Delay, in 1/16 of a snapshot interval")
laglab.fields = f

local malformed = ProtoExpert.new("laglab.malformed", "Not as WIRE.md has it", expert.group.MALFORMED, expert.severity.ERROR)
local bad_crc = ProtoExpert.new("laglab.bad_crc", "The checksum is wrong", expert.group.CHECKSUM, expert.severity.ERROR)
laglab.experts = { malformed, bad_crc }

-- A reader goes through msgpack values from left to right. After a mistake it reads nothing more.
local function reader(tvb, at, stop)
	return { tvb = tvb, at = at, stop = stop, fault = nil }
end

local function fail(r, why)
	r.fault = r.fault or why
	return nil
end

-- take moves over n bytes and returns where they are.
local function take(r, n)
	if r.fault or r.at + n > r.stop then
		return fail(r, "ends too early")
	end
	local from = r.at
	r.at = r.at + n
	return from
end

local unsigned = { [0xcc] = 1, [0xcd] = 2, [0xce] = 4, [0xcf] = 8 }
local signed = { [0xd0] = 1, [0xd1] = 2, [0xd2] = 4, [0xd3] = 8 }

-- big reads n bytes, the most significant first. Nothing in the protocol needs more than 2^53.
local function big(tvb, at, n)
	local v = 0
	for i = 0, n - 1 do
		v = v * 256 + tvb(at + i, 1):uint()
	end
	return v
end

-- integer reads one, and returns it and the range of its bytes.
local function integer(r)
	local from = take(r, 1)
	if not from then
		return nil
	end
	local head = r.tvb(from, 1):uint()
	local value
	if head <= 0x7f then
		value = head
	elseif head >= 0xe0 then
		value = head - 256
	else
		local n = unsigned[head] or signed[head]
		if not n then
			return fail(r, string.format("0x%02x is no integer", head))
		end
		local at = take(r, n)
		if not at then
			return nil
		end
		value = big(r.tvb, at, n)
		if signed[head] and value >= 2 ^ (8 * n - 1) then
			value = value - 2 ^ (8 * n)
		end
	end
	return value, r.tvb(from, r.at - from)
end

local function text(r)
	local from = take(r, 1)
	if not from then
		return nil
	end
	local head = r.tvb(from, 1):uint()
	local n
	if head >= 0xa0 and head <= 0xbf then
		n = head - 0xa0
	elseif head == 0xd9 or head == 0xda then
		local wide = head == 0xd9 and 1 or 2
		local at = take(r, wide)
		if not at then
			return nil
		end
		n = big(r.tvb, at, wide)
	else
		return fail(r, string.format("0x%02x is no text", head))
	end
	local at = take(r, n)
	if not at then
		return nil
	end
	return n == 0 and "" or r.tvb(at, n):string(ENC_UTF_8), r.tvb(from, r.at - from)
end

-- number reads an integer into a field, and returns it. One that is out of the field's range is a fault.
local function number(r, tree, name, least, most)
	local value, range = integer(r)
	if not value then
		return nil
	end
	if value < least or value > most then
		return fail(r, string.format("%s is %.0f: want %.0f to %.0f", name, value, least, most))
	end
	tree:add(f[name], range, value)
	return value
end

local function words(r, tree, name)
	local value, range = text(r)
	if value then
		tree:add(f[name], range, value)
	end
	return value
end

local u32, i31 = 2 ^ 32 - 1, 2 ^ 31

-- differences reads the values of a mask, which say how fields differ from a base.
local function differences(r, tree, mask, names)
	local i = 0
	while mask > 0 and not r.fault do
		if mask % 2 == 1 then
			local value, range = integer(r)
			if not value then
				return
			end
			if value < -i31 or value >= i31 then
				return fail(r, "a difference is out of range")
			end
			tree:add(f.difference, range, value):set_text(string.format("%s: %+d", names[i + 1] or ("field " .. i), value))
		end
		mask = math.floor(mask / 2)
		i = i + 1
	end
end

local message = {}

-- The entities that each snapshot told of, by connection and tick: what the next ones' lists are relative to. A snapshot that comes
-- twice, or is looked at again, says the same.
local snapshots = {}

-- The entity that is the player's own, by connection, as the welcome names it.
local own = {}

function laglab.init()
	snapshots = {}
	own = {}
end

message[1] = function(r, tree)
	return words(r, tree, "name")
end

message[2] = function(r, tree, connection)
	local player = number(r, tree, "player", 1, 65535)
	local entity = number(r, tree, "entity", 1, u32)
	number(r, tree, "match", 0, 65535)
	number(r, tree, "tick_rate", 1, 240)
	number(r, tree, "snapshot_rate", 1, 240)
	number(r, tree, "reliable_data", 0, 1)
	number(r, tree, "tick", 0, u32)
	words(r, tree, "options")
	if not r.fault then
		own[connection] = entity
	end
	return player and "player " .. player
end

message[3] = function(r, tree)
	local newest = number(r, tree, "commands.newest", 1, u32)
	number(r, tree, "commands.ack", 0, u32)
	local view = number(r, tree, "commands.view", -1, 2 ^ 40)
	local count = number(r, tree, "commands.count", 1, 32)
	for i = 0, (count or 0) - 1 do
		if r.fault then
			break
		end
		local at = r.at
		local head, range = integer(r)
		if head and (head < 0 or head > 2 ^ 33) then
			return fail(r, "a head is out of range")
		end
		if head then
			local one = tree:add(laglab, r.tvb(at, 0), string.format("Command for tick %.0f", newest - i))
			one:add(f.head, range, head)
			differences(r, one, math.floor(head / 2), game.command)
			if head % 2 == 1 then
				local by, where = integer(r)
				if by then
					one:add(f.view_difference, where, by)
				end
			end
			one:set_len(r.at - at)
		end
	end
	return newest and string.format("to tick %.0f", newest)
end

-- new_entity shows an entity that was not in the base, after the one with the number id, and returns its own.
local function new_entity(r, tree, at, id)
	local distance, where = integer(r)
	local mask, range = integer(r)
	if not mask then
		return id
	end
	if distance < 1 or distance > u32 or mask < 0 or mask >= 2 ^ 32 then
		fail(r, "a distance or a mask is out of range")
		return id
	end
	id = id + distance
	local one = tree:add(laglab, r.tvb(at, 0), string.format("Entity %.0f, new", id))
	one:add(f.distance, where, distance)
	one:add(f.mask, range, mask)
	differences(r, one, mask, game.entity)
	one:set_len(r.at - at)
	return id
end

-- changes reads what has become of the entities of a base, and returns those of the snapshot.
local function changes(r, tree, base)
	local i, id, now, skipped = 1, 0, {}, false
	while r.at < r.stop and not r.fault do
		local at = r.at
		if i > #base then
			id = new_entity(r, tree, at, id)
			now[#now + 1] = id
			skipped = false
		else
			local entry, range = integer(r)
			if not entry then
				break
			end
			if entry < 0 then
				if skipped or i - entry - 1 > #base or r.at == r.stop then
					fail(r, "passes over what it cannot pass over")
					break
				end
				tree:add(f.entry, range, entry):set_text(string.format("%.0f as expected, or without room", -entry))
				for _ = 1, -entry do
					id = base[i]
					now[#now + 1] = id
					i = i + 1
				end
			elseif entry == 1 then
				tree:add(f.entry, range, entry):set_text("A new one")
				id = new_entity(r, tree, at, id)
				now[#now + 1] = id
				if id >= base[i] then
					fail(r, "has a new entity out of place")
				end
			elseif entry < 2 ^ 32 + 2 then
				id = base[i]
				i = i + 1
				local one = tree:add(laglab, r.tvb(at, 0), string.format("Entity %.0f%s", id, entry == 0 and ", removed" or ""))
				one:add(f.entry, range, entry)
				if entry > 0 then
					differences(r, one, entry - 2, game.entity)
					now[#now + 1] = id
				end
				one:set_len(r.at - at)
			else
				fail(r, "an entry is out of range")
			end
			skipped = entry < 0
		end
	end
	for j = i, #base do
		now[#now + 1] = base[j]
	end
	return now
end

message[4] = function(r, tree, connection)
	local tick = number(r, tree, "tick", 1, u32)
	local from = number(r, tree, "snapshot.base", 0, 2 ^ 34 - 1)
	number(r, tree, "snapshot.received", -32768, 32768)
	number(r, tree, "snapshot.slack", -4081, 4080)
	if from and from % 4 >= 2 then
		number(r, tree, "snapshot.checksum", i31, u32)
	end
	if r.fault then
		return nil
	end
	local seen = snapshots[connection]
	if not seen then
		seen = {}
		snapshots[connection] = seen
	end
	local kind = "whole"
	local base = {}
	if from >= 4 then
		local of = tick - math.floor(from / 4)
		kind = string.format("differences to %.0f", of)
		base = seen[of]
	end
	if from % 2 == 1 then
		kind = kind .. ", partial"
	end
	if not base then
		if r.at < r.stop then
			tree:add(f.undecoded, r.tvb(r.at, r.stop - r.at))
			r.at = r.stop
		end
		return string.format("of tick %.0f, %s, which are not in the capture", tick, kind)
	end
	local now = changes(r, tree, base)
	if not r.fault then
		seen[tick] = now
	end
	return string.format("of tick %.0f, %s, %d entities", tick, kind, #now)
end

-- few names a player, or counts them.
local function few(n, player)
	return player and (n == 1 and "player " .. player or string.format("%d players", n))
end

message[5] = function(r, tree)
	local player
	local n = 0
	repeat
		local at = r.at
		local one = tree:add(laglab, r.tvb(at, 0), "Player")
		player = number(r, one, "player", 1, 65535)
		number(r, one, "entity", 1, u32)
		words(r, one, "name")
		if not r.fault then
			n = n + 1
			one:set_text("Player " .. player)
		end
		one:set_len(r.at - at)
	until r.fault or r.at >= r.stop
	return few(n, player)
end

message[6] = function(r, tree)
	local player
	local n = 0
	repeat
		player = number(r, tree, "player", 1, 65535)
		n = n + 1
	until r.fault or r.at >= r.stop
	return few(n, player)
end

message[7] = function(r, tree)
	local tick, n = 0, 0
	repeat
		local at = r.at
		local one = tree:add(laglab, r.tvb(at, 0), "Event")
		local distance = number(r, one, "event.distance", 0, u32)
		number(r, one, "event.code", 0, 255)
		number(r, one, "event.a", 0, u32)
		number(r, one, "event.b", 0, u32)
		number(r, one, "event.value", -i31, i31 - 1)
		if not r.fault then
			tick = tick + distance
			n = n + 1
			one:set_text(string.format("Event of tick %.0f", tick))
		end
		one:set_len(r.at - at)
	until r.fault or r.at >= r.stop
	return string.format("%d up to tick %.0f", n, tick)
end

message[8] = function(r, tree, connection)
	local tick = number(r, tree, "tick", 1, u32)
	local mine = own[connection]
	if not mine then
		if r.at < r.stop then
			tree:add(f.undecoded, r.tvb(r.at, r.stop - r.at))
			r.at = r.stop
		end
		return tick and string.format("of tick %.0f, by a player whose welcome is not in the capture", tick)
	end
	local id, n = 0, 0
	while r.at < r.stop and not r.fault do
		local one = tree:add(laglab, r.tvb(r.at, 0), "Entity")
		local at = r.at
		local distance = number(r, one, "distance", 1, u32)
		number(r, one, "held.age", 0, 2 ^ 20)
		if not r.fault then
			id = id + distance
			n = n + 1
			one:set_text(string.format("Entity %.0f", id))
			for i, name in ipairs(game.entity) do
				if id == mine or game.others[i] then
					local value, range = integer(r)
					if not value then
						break
					end
					if value < -i31 or value >= i31 then
						return fail(r, "a value is out of range")
					end
					one:add(f["held.value"], range, value):set_text(string.format("%s: %d", name, value))
				end
			end
		end
		one:set_len(r.at - at)
	end
	return tick and string.format("of tick %.0f, %d entities", tick, n)
end

message[9] = function(r, tree)
	local delay = number(r, tree, "delay", 0, 320)
	return delay and (delay == 0 and "as the network needs" or string.format("%.4g snapshot intervals", delay / 16))
end

-- dissect_message shows a message that fills its place, and returns it in few words.
local function dissect_message(tvb, at, stop, tree, connection)
	local kind = tvb(at, 1):uint()
	local one = tree:add(laglab, tvb(at, stop - at), "Message: " .. (kinds[kind] or "unknown"))
	one:add(f.message, tvb(at, 1))
	local r = reader(tvb, at + 1, stop)
	local about
	if message[kind] then
		about = message[kind](r, one, connection)
		if not r.fault and r.at < stop then
			fail(r, "has bytes after its last value")
		end
	else
		fail(r, "is of no known kind")
	end
	if r.fault then
		one:add_proto_expert_info(malformed, "Message " .. r.fault)
	end
	return (kinds[kind] or "unknown message") .. (about and about ~= "" and " " .. about or "")
end

local segment_header = 24

-- dissect_segments shows the segments of the reliable lane, and returns them in few words.
local function dissect_segments(tvb, at, stop, tree, connection)
	local said = {}
	while at < stop do
		if at + segment_header > stop then
			tree:add_proto_expert_info(malformed, "A segment ends too early")
			break
		end
		local len = tvb(at + 20, 4):le_uint()
		local cmd = tvb(at + 4, 1):uint()
		local whole = at + segment_header + len <= stop
		local one = tree:add(laglab, tvb(at, whole and segment_header + len or stop - at), "KCP segment: " .. (commands[cmd] or "unknown"))
		one:add_le(f["kcp.conv"], tvb(at, 4))
		one:add(f["kcp.cmd"], tvb(at + 4, 1))
		one:add(f["kcp.frg"], tvb(at + 5, 1))
		one:add_le(f["kcp.wnd"], tvb(at + 6, 2))
		one:add_le(f["kcp.ts"], tvb(at + 8, 4))
		one:add_le(f["kcp.sn"], tvb(at + 12, 4))
		one:add_le(f["kcp.una"], tvb(at + 16, 4))
		one:add_le(f["kcp.len"], tvb(at + 20, 4))
		if not whole then
			one:add_proto_expert_info(malformed, "A segment is longer than its place")
			break
		end
		local sn = tvb(at + 12, 4):le_uint()
		local text = string.format("%s %d", commands[cmd] or "unknown segment", sn)
		at = at + segment_header
		if len > 0 then
			text = text .. " " .. dissect_message(tvb, at, at + len, one, connection)
		end
		said[#said + 1] = text
		at = at + len
	end
	return said
end

local function dissect_data(tvb, stop, tree)
	local kind = tvb(0, 1):uint()
	tree:add(f["flag.ack"], tvb(0, 1))
	tree:add(f["flag.reliable"], tvb(0, 1))
	tree:add(f["flag.unreliable"], tvb(0, 1))
	tree:add(f.id, tvb(1, 8))
	tree:add(f.seq, tvb(9, 2))
	local connection = tostring(tvb(1, 8))
	local said = { string.format("data #%d", tvb(9, 2):uint()) }
	local at = 11
	local function room(n)
		if at + n <= stop then
			return true
		end
		tree:add_proto_expert_info(malformed, "The sections do not add up")
		return false
	end
	if band(kind, 1) ~= 0 then
		if not room(6) then
			return said
		end
		local ack = tree:add(laglab, tvb(at, 6), "Acknowledgement")
		ack:add(f["ack.newest"], tvb(at, 2))
		ack:add(f["ack.received"], tvb(at + 2, 2))
		ack:add(f["ack.delay"], tvb(at + 4, 2))
		said[1] = said[1] .. string.format(" ack %d", tvb(at, 2):uint())
		at = at + 6
	end
	if band(kind, 2) ~= 0 then
		if not room(2) then
			return said
		end
		local n = tvb(at, 2):uint()
		tree:add(f.segments, tvb(at, 2))
		at = at + 2
		if not room(n) then
			return said
		end
		for _, segment in ipairs(dissect_segments(tvb, at, at + n, tree, connection)) do
			said[#said + 1] = segment
		end
		at = at + n
	end
	if band(kind, 4) ~= 0 then
		if room(1) then
			said[#said + 1] = dissect_message(tvb, at, stop, tree, connection)
		end
	elseif at < stop then
		if band(kind, 2) ~= 0 then
			tree:add_proto_expert_info(malformed, "There are bytes after the segments")
		else
			tree:add(f.padding, tvb(at, stop - at))
		end
	end
	return said
end

-- The datagrams that are not data: the fields of each, in order, with their lengths.
local layouts = {
	[0x01] = { { "magic", 4 }, { "version", 2 }, { "nonce", 8 }, { "padding", 45 } },
	[0x02] = { { "key", 8 }, { "cookie", 20 } },
	[0x03] = { { "version", 2 }, { "nonce", 8 }, { "cookie", 20 }, { "schema", 8 }, { "proof", 16 } },
	[0x04] = { { "nonce", 8 }, { "id", 8 }, { "token", 16 } },
	[0x05] = { { "nonce", 8 }, { "reason", 1 }, { "detail", 8 } },
	[0x06] = { { "id", 8 }, { "cookie", 20 }, { "proof", 16 } },
	[0x07] = { { "id", 8 } },
	[0x08] = { { "id", 8 }, { "reason", 1 } },
}

local function dissect_control(tvb, kind, tree)
	local at = 1
	local about = types[kind]
	for _, part in ipairs(layouts[kind]) do
		local name, n = part[1], part[2]
		tree:add(f[name], tvb(at, n))
		if name == "reason" then
			local reason = tvb(at, 1):uint()
			about = about .. ": " .. (reasons[reason] or ("reason " .. reason))
		end
		at = at + n
	end
	return { about }
end

-- plausible tells whether it looks like one of ours, before its checksum is looked at.
local function plausible(tvb)
	local n = tvb:len()
	if n < 13 or n > 1200 then
		return false
	end
	local kind = tvb(0, 1):uint()
	if not types[kind] then
		return false
	end
	if kind >= 0x80 then
		return n >= 15
	end
	return lengths[kind] == n
end

local function checksum_good(tvb)
	local n = tvb:len()
	return crc32c(tvb:raw(0, n - 4)) == tvb(n - 4, 4):uint()
end

function laglab.dissector(tvb, pinfo, tree)
	if not plausible(tvb) then
		return 0
	end
	local n = tvb:len()
	local kind = tvb(0, 1):uint()
	pinfo.cols.protocol = "laglab"
	local top = tree:add(laglab, tvb())
	top:add(f.type, tvb(0, 1))
	local said
	if kind >= 0x80 then
		said = dissect_data(tvb, n - 4, top)
	else
		said = dissect_control(tvb, kind, top)
	end
	local crc = top:add(f.crc, tvb(n - 4, 4))
	local good = checksum_good(tvb)
	crc:add(f["crc.good"], tvb(n - 4, 4), good):set_generated()
	if not good then
		crc:add_proto_expert_info(bad_crc)
	end
	local info = table.concat(said, ", ")
	pinfo.cols.info = info
	top:append_text(": " .. info)
	return n
end

DissectorTable.get("udp.port"):add(62893, laglab)
laglab:register_heuristic("udp", function(tvb, pinfo, tree)
	if not plausible(tvb) or not checksum_good(tvb) then
		return false
	end
	laglab.dissector(tvb, pinfo, tree)
	return true
end)
