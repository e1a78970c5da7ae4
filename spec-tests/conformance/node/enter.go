package main

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
)

// enterCommand makes this program set up the network of a pod from within, and become the pod's program.
const enterCommand = "enter"

// searchPath is that of containers, and finds ip and nft on the node.
const searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// appPath is where an image's program is found in its root folder.
const appPath = "/bin/app"

func enterArgs(p *pod, s settings, user int64) []string {
	address := fmt.Sprintf("%s/%d", p.address, s.pods.Bits())
	return append([]string{enterCommand, address, strconv.FormatInt(user, 10), p.root}, p.args...)
}

// enter is told ADDRESS USER ROOT ARGUMENT…; it begins when its standard input is closed.
func enter(args []string) error {
	address, root := args[0], args[2]
	user, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	if err := ip(fmt.Sprintf("link set lo up\naddr add %s dev eth0\nlink set eth0 up\n", address)); err != nil {
		return err
	}
	// As container runtimes do: a port below 1024 asks for no privilege inside a pod.
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_unprivileged_port_start", []byte("0"), 0); err != nil {
		return err
	}
	if err := errors.Join(syscall.Chroot(root), os.Chdir("/")); err != nil {
		return err
	}
	if user != 0 {
		if err := errors.Join(syscall.Setgroups(nil), syscall.Setgid(user), syscall.Setuid(user)); err != nil {
			return err
		}
	}
	return syscall.Exec(appPath, append([]string{appPath}, args[3:]...), os.Environ())
}

// join makes a link from the bridge into the network namespace of a process.
func join(link, bridge string, pid int) error {
	return ip(fmt.Sprintf("link add %s type veth peer name eth0 netns %d\nlink set %s master %s up\n", link, pid, link, bridge))
}

func ip(commands string) error {
	return pipe(commands, "ip", "-batch", "-")
}

func pipe(input string, command ...string) error {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin = strings.NewReader(input)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(command, " "), err, bytes.TrimSpace(out))
	}
	return nil
}

var library = regexp.MustCompile(`(?m)(/\S+) \(0x`)

// install puts a program into a root folder, and the libraries it is linked to if it is not a static one.
func install(program, root string) error {
	for _, folder := range []string{"bin", "tmp"} {
		if err := os.MkdirAll(filepath.Join(root, folder), 0o755); err != nil {
			return err
		}
	}
	if err := os.Chmod(filepath.Join(root, "tmp"), 0o1777); err != nil {
		return err
	}
	if err := link(program, filepath.Join(root, appPath)); err != nil {
		return err
	}
	file, err := elf.Open(program)
	if err != nil {
		return err
	}
	defer file.Close()
	if libraries, err := file.ImportedLibraries(); err != nil || len(libraries) == 0 {
		return err
	}
	out, err := exec.Command("ldd", program).Output()
	if err != nil {
		return fmt.Errorf("ldd %s: %w", program, err)
	}
	for _, found := range library.FindAllSubmatch(out, -1) {
		path := string(found[1])
		if err := link(path, filepath.Join(root, path)); err != nil {
			return err
		}
	}
	return nil
}

// link makes a hard link, or a copy where the two are on different file systems.
func link(from, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	from, err := filepath.EvalSymlinks(from)
	if err != nil {
		return err
	}
	err = os.Link(from, to)
	if err == nil || errors.Is(err, os.ErrExist) {
		return nil
	}
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o755)
}
