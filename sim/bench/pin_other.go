//go:build !linux

package bench

import "os/exec"

// startPinned starts a command; this system does not pin.
func startPinned(cmd *exec.Cmd, _ int) (pinned bool, err error) { return false, cmd.Start() }
