package cluster

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// process is one of the cluster's, pods included: they are in the same namespace of processes as the tests.
type process struct {
	pid  int
	args []string
}

// processes are those with such arguments. The dead have none.
func processes(t *testing.T, wanted func(args []string) bool) []process {
	t.Helper()
	paths, err := filepath.Glob("/proc/[0-9]*/cmdline")
	must(t, err)
	var found []process
	for _, path := range paths {
		text, err := os.ReadFile(path)
		args := strings.Split(strings.TrimSuffix(string(text), "\x00"), "\x00")
		if err != nil || !wanted(args) {
			continue // it has ended, or is another
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		must(t, err)
		found = append(found, process{pid, args})
	}
	return found
}

// controllers are those that the chart has installed.
func controllers(args []string) bool {
	return len(args) > 1 && args[0] == "/bin/app" && args[1] == "controller"
}

// dataPlane are the pods of a Gateway.
func dataPlane(gateway string) func([]string) bool {
	return func(args []string) bool { return slices.Contains(args, "serve") && slices.Contains(args, gateway) }
}

func apiServers(args []string) bool { return filepath.Base(args[0]) == "kube-apiserver" }

func (p process) signal(t *testing.T, signal syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(p.pid, signal); err != nil {
		t.Fatalf("%v to %s: %v", signal, p.args[0], err)
	}
}

// freeze stops processes until `thaw` is called, at the latest after the test.
func freeze(t *testing.T, all []process) (thaw func()) {
	t.Helper()
	for _, p := range all {
		p.signal(t, syscall.SIGSTOP)
	}
	for _, p := range all {
		eventually(t, "to freeze "+p.args[0], p.frozen)
	}
	thaw = func() {
		for _, p := range all {
			_ = syscall.Kill(p.pid, syscall.SIGCONT) // it may have ended
		}
	}
	t.Cleanup(thaw)
	return thaw
}

// frozen is nil if no thread of the process runs: where the machine is busy that takes a while.
func (p process) frozen() error {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", p.pid))
	if err != nil || len(threads) == 0 {
		return fmt.Errorf("no threads (%v)", err)
	}
	for _, thread := range threads {
		text, err := os.ReadFile(thread)
		if err == nil && !strings.Contains(string(text), "\nState:\tT") {
			err = fmt.Errorf("%s is not", thread)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// memory is what is in RAM of a process, and the most that was, in MiB.
func (p process) memory(t *testing.T) (now, peak int) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid))
	must(t, err)
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if len(words) < 2 {
			continue
		}
		kibibytes, _ := strconv.Atoi(words[1])
		switch words[0] {
		case "VmRSS:":
			now = kibibytes / 1024
		case "VmHWM:":
			peak = kibibytes / 1024
		}
	}
	return now, peak
}

// killAPIServer ends it as a crash does. `start` brings it up again as it was, and waits until it answers.
func (c *cluster) killAPIServer(t *testing.T) (start func()) {
	t.Helper()
	found := processes(t, apiServers)
	if len(found) != 1 {
		t.Fatalf("%d API servers run", len(found))
	}
	path, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/1", found[0].pid))
	must(t, err)
	found[0].signal(t, syscall.SIGKILL)
	eventually(t, "the port", func() error {
		connection, err := net.Dial("tcp", strings.TrimPrefix(c.config.Host, "https://"))
		if err == nil {
			_ = connection.Close()
			err = errors.New("it is still open")
		} else {
			err = nil
		}
		return err
	})
	started := false
	start = func() {
		if started {
			return
		}
		started = true
		log, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		must(t, err)
		defer log.Close()
		command := exec.Command(found[0].args[0], found[0].args[1:]...)
		command.Stdout, command.Stderr = log, log
		must(t, command.Start())
		// It outlives the tests.
		must(t, command.Process.Release())
		eventually(t, "the API server", func() error { return c.answers(t) })
	}
	t.Cleanup(start)
	return start
}
