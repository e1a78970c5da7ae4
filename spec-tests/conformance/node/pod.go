package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
)

const restartAfter = 500 * time.Millisecond

// pod is one that runs here: a container, its process and what is known of it.
type pod struct {
	object  *corev1.Pod
	address netip.Addr
	link    string
	root    string
	args    []string
	env     []string
	at      time.Time
	log     *logFile
	changed func()

	cancel context.CancelFunc // ends the process at once
	ended  chan struct{}      // closed when the process is gone for good

	mu       sync.Mutex
	process  *os.Process
	stopping bool
	ready    bool
	restarts int32
}

// start lays out the root folder of a pod and starts its process.
func (n *node) start(ctx context.Context, key string, object *corev1.Pod) (*pod, error) {
	if len(object.Spec.Containers) != 1 || len(object.Spec.InitContainers) != 0 {
		return nil, errors.New("only pods of one container can be run")
	}
	container := object.Spec.Containers[0]
	program, err := n.images.program(container.Image)
	if err != nil {
		return nil, err
	}
	p := &pod{object: object, root: filepath.Join(n.root, string(object.UID)), at: time.Now(), ended: make(chan struct{}),
		changed: func() { n.queue.Add(key) }}
	p.address, p.link = n.nextAddress()
	if err := install(program, p.root); err != nil {
		return nil, err
	}
	if err := n.mount(ctx, object, container, p.root); err != nil {
		return nil, err
	}
	if p.env, err = n.environment(ctx, object, container, p.address); err != nil {
		return nil, err
	}
	p.args = arguments(container, p.env)
	if p.log, err = openLog(n.logs, program, object); err != nil {
		return nil, err
	}
	running, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	n.mu.Lock()
	n.running[key] = p
	n.mu.Unlock()
	go p.keepRunning(running, n.settings)
	go p.watchReadiness(running, container.ReadinessProbe)
	return p, nil
}

// nextAddress gives an address and a name for the link on the bridge. Addresses are not used again: 32,000 are plenty.
func (n *node) nextAddress() (netip.Addr, string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.last = n.last.Next()
	n.started++
	return n.last, fmt.Sprintf("pod%d", n.started)
}

// keepRunning runs the process again whenever it exits, until the pod is stopped.
func (p *pod) keepRunning(ctx context.Context, s settings) {
	defer close(p.ended)
	defer p.changed()
	defer p.log.close()
	defer os.RemoveAll(p.root)
	for {
		err := p.runOnce(ctx, s)
		if p.isStopping() {
			return
		}
		log.Printf("%s/%s: exited: %v", p.object.Namespace, p.object.Name, err)
		p.set(func() { p.ready = false; p.restarts++ })
		select {
		case <-ctx.Done():
			return
		case <-time.After(restartAfter):
		}
	}
}

func (p *pod) runOnce(ctx context.Context, s settings) error {
	begin, wait, err := os.Pipe()
	if err != nil {
		return err
	}
	defer wait.Close()
	defer begin.Close()
	user := runsAs(p.object)
	cmd := exec.CommandContext(ctx, "/proc/self/exe", enterArgs(p, s, user)...)
	cmd.Env, cmd.Stdin = p.env, begin
	cmd.Stdout, cmd.Stderr = p.log, p.log
	cmd.WaitDelay = time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return err
	}
	// The new process waits until its end of the link is there.
	if err := join(p.link, s.bridge, cmd.Process.Pid); err != nil {
		_ = cmd.Process.Kill()
		return errors.Join(err, cmd.Wait())
	}
	p.mu.Lock()
	p.process = cmd.Process
	p.mu.Unlock()
	_ = wait.Close()
	return cmd.Wait()
}

// stop asks the process to end, and ends it after the grace period. Calls after the first one only shorten that.
func (p *pod) stop(grace time.Duration) {
	p.mu.Lock()
	first := !p.stopping
	p.stopping, p.ready = true, false
	process := p.process
	p.mu.Unlock()
	if process == nil || grace == 0 {
		p.cancel()
		return
	}
	if first {
		_ = process.Signal(syscall.SIGTERM)
		time.AfterFunc(grace, p.cancel)
	}
}

func (p *pod) isStopping() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stopping
}

func (p *pod) state() (ready bool, restarts int32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ready && !p.stopping, p.restarts
}

func (p *pod) set(change func()) {
	p.mu.Lock()
	change()
	p.mu.Unlock()
	p.changed()
}

func runsAs(object *corev1.Pod) int64 {
	container := object.Spec.Containers[0].SecurityContext
	switch whole := object.Spec.SecurityContext; {
	case container != nil && container.RunAsUser != nil:
		return *container.RunAsUser
	case whole != nil && whole.RunAsUser != nil:
		return *whole.RunAsUser
	}
	return 0
}
