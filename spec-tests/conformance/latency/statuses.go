package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/watch"
)

// statuses is when the status of each route was last seen written, and for which generation.
type statuses struct {
	sync.Mutex
	changed chan struct{}
	seen    map[string]written
}

type written struct {
	generation int64
	at         time.Time
}

// watchStatuses sees what a client sees that watches all routes.
func watchStatuses(ctx context.Context, objects objects) (*statuses, error) {
	events, err := objects.of(httpRoutes).Watch(ctx, v1.ListOptions{})
	if err != nil {
		return nil, err
	}
	statuses := &statuses{changed: make(chan struct{}), seen: map[string]written{}}
	go func() {
		// The API server ends the watch of a client that is too slow. A new one begins with all there is.
		for err == nil {
			statuses.take(events)
			events, err = objects.of(httpRoutes).Watch(ctx, v1.ListOptions{})
		}
	}()
	return statuses, nil
}

func (s *statuses) take(events watch.Interface) {
	for event := range events.ResultChan() {
		route, ok := event.Object.(*unstructured.Unstructured)
		if !ok {
			continue
		}
		at := time.Now()
		generation := observed(route)
		s.Lock()
		if generation > s.seen[route.GetName()].generation {
			s.seen[route.GetName()] = written{generation, at}
			close(s.changed)
			s.changed = make(chan struct{})
		}
		s.Unlock()
	}
}

// wait is when the status of a route was written for this generation.
func (s *statuses) wait(ctx context.Context, name string, generation int64) (time.Time, error) {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	for {
		s.Lock()
		seen, changed := s.seen[name], s.changed
		s.Unlock()
		if seen.generation >= generation {
			return seen.at, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return time.Time{}, fmt.Errorf("waiting for the status of %s, generation %d (%d routes have one): %w",
				name, generation, len(s.seen), ctx.Err())
		}
	}
}

// observed is the generation that every condition of every parent is about.
func observed(route *unstructured.Unstructured) int64 {
	parents, _, _ := unstructured.NestedSlice(route.Object, "status", "parents")
	oldest := int64(0)
	for _, parent := range parents {
		for _, condition := range conditions(parent) {
			generation, _ := condition["observedGeneration"].(int64)
			if oldest == 0 || generation < oldest {
				oldest = generation
			}
		}
	}
	return oldest
}

func isTrue(object *unstructured.Unstructured, kind string) bool {
	for _, condition := range conditions(object.Object["status"]) {
		if condition["type"] == kind && condition["status"] == "True" {
			return true
		}
	}
	return false
}

func conditions(holder any) []fields {
	var found []fields
	status, _ := holder.(fields)
	list, _ := status["conditions"].([]any)
	for _, one := range list {
		if condition, ok := one.(fields); ok {
			found = append(found, condition)
		}
	}
	return found
}
