package cluster

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// leaseHolds is how long a Lease holds that is not renewed: what the controllers say in it.
const leaseHolds = 15 * time.Second

// Three controllers of the test's own run for one Lease. There are never two that write. When the one that does is frozen
// another takes over, and it does not write when it wakes up. A holder whose clock is an hour behind keeps the Lease for as
// long as it renews it; one whose clock is an hour ahead and that is gone does not keep it for an hour. One that is asked to stop
// gives it back.
func leaseRaced(t *testing.T, c *cluster) {
	race := c.race(t, 3)
	first := race.leader(t)

	thaw := freeze(t, []process{{pid: first.pid, args: []string{first.identity}}})
	second := race.leader(t)
	if second == first {
		t.Fatal("the frozen one leads")
	}
	thaw()

	// Somebody else takes it, whatever it says now.
	begin := time.Now()
	for time.Since(begin) < leaseHolds+3*time.Second {
		race.take(t, time.Now().Add(-time.Hour))
		if time.Since(begin) > 5*time.Second {
			if leading := race.leading(t); len(leading) > 0 {
				t.Fatalf("%v leads though another holds the Lease and renews it", leading)
			}
		}
		time.Sleep(500 * time.Millisecond)
	}
	last := time.Now()
	race.take(t, last.Add(time.Hour))
	third := race.leader(t)
	if took := time.Since(last); took < leaseHolds {
		t.Errorf("the Lease was taken %v after it was renewed", took)
	}

	begin = time.Now()
	process{pid: third.pid, args: []string{third.identity}}.signal(t, syscall.SIGTERM)
	eventually(t, "another leader", func() error {
		if found := race.leading(t); len(found) != 1 || found[0] == third {
			return fmt.Errorf("%d lead", len(found))
		}
		return nil
	})
	if took := time.Since(begin); took > leaseHolds/2 {
		t.Errorf("the Lease was not given back: it was taken %v later", took)
	}
	race.stop(t)
}

// candidate is a controller.
type candidate struct {
	identity string
	port     int
	pid      int
}

// race is several controllers, asked all the time whether they lead.
type race struct {
	*cluster
	lease      client.ObjectKey
	candidates []*candidate
	done       chan struct{}
	ended      chan struct{}
	asked      atomic.Int64
}

func (c *cluster) race(t *testing.T, count int) *race {
	t.Helper()
	namespace := c.namespace(t, "raced")
	race := &race{cluster: c, lease: client.ObjectKey{Namespace: namespace, Name: "race"},
		done: make(chan struct{}), ended: make(chan struct{})}
	for i := range count {
		one := &candidate{identity: fmt.Sprintf("candidate-%d", i), port: 19101 + i}
		command := exec.Command(*gateline, "controller", "--controller-name=tests.gateline.dev/race", "--image=none", "--log=warn",
			"--lease-namespace="+namespace, "--lease=race", "--identity="+one.identity, fmt.Sprintf("--admin=127.0.0.1:%d", one.port))
		command.Env, command.Dir = []string{"KUBECONFIG=" + os.Getenv("KUBECONFIG")}, "/"
		command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		must(t, command.Start())
		t.Cleanup(func() { _ = command.Process.Kill(); _ = command.Wait() })
		one.pid = command.Process.Pid
		race.candidates = append(race.candidates, one)
	}
	go race.watch(t)
	return race
}

// watch looks for two that lead at once: one said so before and after another did.
func (r *race) watch(t *testing.T) {
	defer close(r.ended)
	for {
		for _, one := range r.candidates {
			select {
			case <-r.done:
				return
			case <-time.After(time.Millisecond):
			}
			if !one.leads() {
				continue
			}
			for _, other := range r.candidates {
				if other != one && other.leads() && one.leads() && other.leads() {
					t.Errorf("%s and %s lead at once", one.identity, other.identity)
					return
				}
			}
			r.asked.Add(1)
		}
	}
}

func (r *race) stop(t *testing.T) {
	t.Helper()
	close(r.done)
	<-r.ended
	t.Logf("the leader was found %d times, alone", r.asked.Load())
}

var admin = &http.Client{Timeout: 200 * time.Millisecond, Transport: &http.Transport{DisableKeepAlives: true}}

// leads is whether it says so; one that is frozen says nothing.
func (c *candidate) leads() bool {
	response, err := admin.Get(fmt.Sprintf("http://127.0.0.1:%d/metrics", c.port))
	if err != nil {
		return false
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return err == nil && strings.Contains(string(text), "\ngateline_controller_leader 1\n")
}

func (r *race) leading(t *testing.T) (found []*candidate) {
	t.Helper()
	for _, one := range r.candidates {
		if one.leads() {
			found = append(found, one)
		}
	}
	return found
}

// leader waits until one leads, by its own word and the Lease's.
func (r *race) leader(t *testing.T) (leader *candidate) {
	t.Helper()
	eventually(t, "a leader", func() error {
		found := r.leading(t)
		if len(found) != 1 {
			return fmt.Errorf("%d lead", len(found))
		}
		var lease coordinationv1.Lease
		if err := r.Get(t.Context(), r.lease, &lease); err != nil {
			return err
		}
		if holder := *lease.Spec.HolderIdentity; holder != found[0].identity {
			return fmt.Errorf("%s leads, %s holds the Lease", found[0].identity, holder)
		}
		leader = found[0]
		return nil
	})
	return leader
}

// take makes somebody else the holder, with the time of its clock.
func (r *race) take(t *testing.T, now time.Time) {
	t.Helper()
	eventually(t, "the Lease", func() error {
		var lease coordinationv1.Lease
		if err := r.Get(t.Context(), r.lease, &lease); err != nil {
			return err
		}
		holder, renewed := "somebody", metav1.NewMicroTime(now)
		lease.Spec.HolderIdentity, lease.Spec.RenewTime = &holder, &renewed
		return r.Update(t.Context(), &lease)
	})
}
