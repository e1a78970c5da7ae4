package main

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const (
	gatewayName = "shop"
	backendName = "echo"
	// atOnce is how many routes are created at the same time.
	atOnce = 16
	// poll is how long to wait between two looks.
	poll = time.Millisecond
	// patience is how long a single change may take, and after all were created the status of each.
	patience = 2 * time.Minute
	// pause is between two changes, so that each finds the system at rest.
	pause = 20 * time.Millisecond
)

type bench struct {
	objects
	class string
	// address is where the Gateway is reached.
	address  string
	statuses *statuses
}

// latency of one change, from the moment it was sent.
type latency struct{ written, traffic, status time.Duration }

// setUp makes a backend and a Gateway, and waits until it has an address.
func (b *bench) setUp(ctx context.Context) error {
	if err := b.objects.create(ctx, namespaces, "Namespace", namespace, fields{}); err != nil {
		return err
	}
	if err := b.objects.create(ctx, services, "Service", backendName, backendService()); err != nil {
		return err
	}
	if err := b.objects.create(ctx, deployments, "Deployment", backendName, backendDeployment()); err != nil {
		return err
	}
	if err := b.objects.create(ctx, gateways, "Gateway", gatewayName, gateway(b.class)); err != nil {
		return err
	}
	var err error
	if b.statuses, err = watchStatuses(ctx, b.objects); err != nil {
		return err
	}
	return b.wait(ctx, "the Gateway to be programmed", func() bool {
		object, err := b.of(gateways).Get(ctx, gatewayName, v1.GetOptions{})
		if err != nil || !isTrue(object, "Programmed") {
			return false
		}
		addresses, _, _ := unstructured.NestedSlice(object.Object, "status", "addresses")
		if len(addresses) > 0 {
			first, _ := addresses[0].(fields)
			b.address, _ = first["value"].(string)
		}
		return b.address != ""
	})
}

// create makes all routes and waits until each has its status and the last is served.
func (b *bench) create(ctx context.Context, routes int) (time.Duration, error) {
	start := time.Now()
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i := range routes {
		group.Go(func() error {
			return b.objects.create(groupCtx, httpRoutes, "HTTPRoute", routeName(i), route(i))
		})
	}
	if err := group.Wait(); err != nil {
		return 0, err
	}
	for i := range routes {
		if _, err := b.statuses.wait(ctx, routeName(i), 1); err != nil {
			return 0, err
		}
	}
	if _, err := b.served(ctx, routes-1, 0); err != nil {
		return 0, err
	}
	return time.Since(start), nil
}

// change makes a route say another version and waits until traffic and its status show it.
func (b *bench) change(ctx context.Context, index, version int) (latency, error) {
	start := time.Now()
	var traffic time.Time
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		traffic, err = b.served(groupCtx, index, version)
		return err
	})
	generation, err := b.version(ctx, routeName(index), version)
	if err != nil {
		return latency{}, err
	}
	written := time.Now()
	status, err := b.statuses.wait(ctx, routeName(index), generation)
	if err != nil {
		return latency{}, err
	}
	if err := group.Wait(); err != nil {
		return latency{}, err
	}
	return latency{written.Sub(start), traffic.Sub(start), status.Sub(start)}, nil
}

// served is when traffic shows this version of a route.
func (b *bench) served(ctx context.Context, index, version int) (time.Time, error) {
	var at time.Time
	what := fmt.Sprintf("traffic to show version %d of %s", version, routeName(index))
	err := b.wait(ctx, what, func() bool {
		shown := b.shows(ctx, index, version)
		at = time.Now()
		return shown
	})
	return at, err
}

func (b *bench) shows(ctx context.Context, index, version int) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, "http://"+b.address+"/shop", nil)
	if err != nil {
		return false
	}
	request.Host = hostname(index)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK && response.Header.Get(header) == strconv.Itoa(version)
}

func (b *bench) wait(ctx context.Context, what string, done func() bool) error {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	for !done() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w", what, ctx.Err())
		case <-time.After(poll):
		}
	}
	return nil
}
