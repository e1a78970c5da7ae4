package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// probeFast is how often a pod is asked that is not ready yet: waiting for a full period would only make tests slow.
const probeFast = 25 * time.Millisecond

// Whatever certificate a pod shows, as a kubelet does.
var prober = &http.Client{
	Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
	CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	},
}

// opensPort is how long a process without a probe is given to open a port before it counts as one that opens none. A kubelet would
// call it ready at once, and the first requests to it would fail.
const opensPort = time.Second

// watchReadiness asks a pod's readiness probe, or without one waits until its process has opened a port.
func (p *pod) watchReadiness(ctx context.Context, probe *corev1.Probe) {
	for {
		answers := p.answers(ctx, probe)
		if ready, _ := p.state(); ready != answers {
			p.set(func() { p.ready = answers })
		}
		pause := probeFast
		if answers {
			pause = time.Second
			if probe != nil {
				pause = time.Duration(max(probe.PeriodSeconds, 1)) * time.Second
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-p.ended:
			return
		case <-time.After(pause):
		}
	}
}

func (p *pod) answers(ctx context.Context, probe *corev1.Probe) bool {
	if probe == nil {
		return p.listens()
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(max(probe.TimeoutSeconds, 1))*time.Second)
	defer cancel()
	switch {
	case probe.HTTPGet != nil:
		return p.answersHTTP(ctx, probe.HTTPGet)
	case probe.TCPSocket != nil:
		connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", p.endpoint(probe.TCPSocket.Port))
		if err == nil {
			_ = connection.Close()
		}
		return err == nil
	}
	return p.listens()
}

func (p *pod) answersHTTP(ctx context.Context, get *corev1.HTTPGetAction) bool {
	scheme := strings.ToLower(string(get.Scheme))
	if scheme == "" {
		scheme = "http"
	}
	url := fmt.Sprintf("%s://%s/%s", scheme, p.endpoint(get.Port), strings.TrimPrefix(get.Path, "/"))
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	response, err := prober.Do(request)
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode >= 200 && response.StatusCode < 400
}

func (p *pod) endpoint(port intstr.IntOrString) string {
	number := port.IntValue()
	for _, named := range p.object.Spec.Containers[0].Ports {
		if port.Type == intstr.String && named.Name == port.StrVal {
			number = int(named.ContainerPort)
		}
	}
	return net.JoinHostPort(p.address.String(), strconv.Itoa(number))
}

// listens tells whether a socket of the pod's namespace listens (TCP) or is bound (UDP), or none will.
func (p *pod) listens() bool {
	p.mu.Lock()
	process := p.process
	p.mu.Unlock()
	if process == nil {
		return false
	}
	if time.Since(p.at) > opensPort {
		return true
	}
	for table, state := range map[string]string{"tcp": "0A", "tcp6": "0A", "udp": "07", "udp6": "07"} {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", process.Pid, table))
		if err != nil {
			return false
		}
		for line := range strings.Lines(string(text)) {
			if words := strings.Fields(line); len(words) > 3 && words[3] == state {
				return true
			}
		}
	}
	return false
}
