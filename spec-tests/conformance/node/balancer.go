package main

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"net/netip"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	discoverylisters "k8s.io/client-go/listers/discovery/v1"
)

// balancer gives Services of type LoadBalancer an address, and has the kernel send what arrives there to their ready pods.
type balancer struct {
	settings
	client   kubernetes.Interface
	services corelisters.ServiceLister
	slices   discoverylisters.EndpointSliceLister
	wake     chan struct{}
	given    map[string]netip.Addr // by namespace/name of the Service
	last     netip.Addr
	rules    string
}

func newBalancer(s settings, client kubernetes.Interface, factory informers.SharedInformerFactory) *balancer {
	services, endpoints := factory.Core().V1().Services(), factory.Discovery().V1().EndpointSlices()
	b := &balancer{settings: s, client: client, services: services.Lister(), slices: endpoints.Lister(),
		wake: make(chan struct{}, 1), given: map[string]netip.Addr{}, last: s.balancers.Addr()}
	changed := func(string) {
		select {
		case b.wake <- struct{}{}:
		default: // it will look at everything anyway
		}
	}
	onChange(services.Informer(), changed)
	onChange(endpoints.Informer(), changed)
	return b
}

func (b *balancer) run(ctx context.Context) {
	for {
		if err := b.sync(ctx); err != nil {
			log.Printf("load balancers: %v", err)
			time.AfterFunc(100*time.Millisecond, func() {
				select {
				case b.wake <- struct{}{}:
				default:
				}
			})
		}
		select {
		case <-ctx.Done():
			return
		case <-b.wake:
		}
	}
}

// sync gives out addresses, then loads the rules of all Services at once, then tells the addresses.
func (b *balancer) sync(ctx context.Context) error {
	all, err := b.services.List(labels.Everything())
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(s *corev1.Service) bool {
		return s.Spec.Type != corev1.ServiceTypeLoadBalancer || s.Spec.LoadBalancerClass != nil || s.DeletionTimestamp != nil
	})
	slices.SortFunc(all, func(a, b *corev1.Service) int { return cmp.Compare(key(a), key(b)) })
	b.giveAddresses(all)
	if err := b.load(all); err != nil {
		return err
	}
	for _, service := range all {
		if err := b.tell(ctx, service); err != nil {
			return err
		}
	}
	return nil
}

func key(s *corev1.Service) string { return s.Namespace + "/" + s.Name }

// giveAddresses keeps what a Service has unless it asks for another one. What cannot be given is not.
func (b *balancer) giveAddresses(all []*corev1.Service) {
	asks := map[string]string{}
	for _, service := range all {
		asks[key(service)] = service.Spec.LoadBalancerIP
	}
	for name, address := range b.given {
		if wanted, found := asks[name]; !found || (wanted != "" && wanted != address.String()) {
			delete(b.given, name)
		}
	}
	for _, service := range all {
		if _, has := b.given[key(service)]; has {
			continue
		}
		if address, ok := b.choose(service.Spec.LoadBalancerIP); ok {
			b.given[key(service)] = address
		}
	}
}

// choose takes the address that is asked for, or the next one of the first half of the prefix: one that has just been given back
// is left alone for as long as possible.
func (b *balancer) choose(wanted string) (netip.Addr, bool) {
	if wanted != "" {
		address, err := netip.ParseAddr(wanted)
		return address, err == nil && b.balancers.Contains(address) && b.isFree(address)
	}
	reserved := secondHalf(b.balancers)
	for address := b.last.Next(); address != b.last; address = address.Next() {
		if !b.balancers.Contains(address) || reserved.Contains(address) {
			address = b.balancers.Addr()
			continue
		}
		if b.isFree(address) {
			b.last = address
			return address, true
		}
	}
	return netip.Addr{}, false
}

func (b *balancer) isFree(address netip.Addr) bool {
	for _, taken := range b.given {
		if taken == address {
			return false
		}
	}
	return true
}

// tell writes the address of a Service to its status.
func (b *balancer) tell(ctx context.Context, service *corev1.Service) error {
	status := corev1.LoadBalancerStatus{}
	if address, has := b.given[key(service)]; has {
		status.Ingress = []corev1.LoadBalancerIngress{{IP: address.String()}}
		if old := service.Status.LoadBalancer.Ingress; len(old) == 1 {
			status.Ingress[0].IPMode = old[0].IPMode // the API server's default
		}
	}
	if equality.Semantic.DeepEqual(service.Status.LoadBalancer, status) {
		return nil
	}
	service = service.DeepCopy()
	service.Status.LoadBalancer = status
	_, err := b.client.CoreV1().Services(service.Namespace).UpdateStatus(ctx, service, metav1.UpdateOptions{})
	return gone(err)
}

// load replaces the kernel's rules by those of the Services.
func (b *balancer) load(all []*corev1.Service) error {
	var rules strings.Builder
	for _, service := range all {
		address, has := b.given[key(service)]
		if !has {
			continue
		}
		for _, port := range service.Spec.Ports {
			targets, err := b.targets(service, port)
			if err != nil {
				return err
			}
			if len(targets) > 0 {
				fmt.Fprintf(&rules, "\t\tip daddr %s %s dport %d dnat to numgen random mod %d map { %s }\n", address,
					strings.ToLower(string(port.Protocol)), port.Port, len(targets), strings.Join(targets, ", "))
			}
		}
	}
	if rules.String() == b.rules && b.rules != "" {
		return nil
	}
	// An address or port that leads nowhere refuses, and does not keep its clients waiting.
	table := fmt.Sprintf(`table ip balancers {}
delete table ip balancers
table ip balancers {
	chain services {
		type nat hook output priority -100;
%s	}
	chain refuse {
		type filter hook output priority filter;
		ip daddr %s meta l4proto tcp reject with tcp reset
		ip daddr %s reject
	}
}
`, rules.String(), b.balancers, b.balancers)
	if err := pipe(table, "nft", "-f", "-"); err != nil {
		return err
	}
	b.rules = rules.String()
	return nil
}

// targets numbers the addresses and ports of the ready pods behind a port of a Service.
func (b *balancer) targets(service *corev1.Service, port corev1.ServicePort) ([]string, error) {
	all, err := b.slices.EndpointSlices(service.Namespace).List(labels.SelectorFromSet(labels.Set{discoveryv1.LabelServiceName: service.Name}))
	if err != nil {
		return nil, err
	}
	var found []string
	for _, slice := range all {
		for _, target := range slice.Ports {
			if target.Port == nil || target.Name == nil || *target.Name != port.Name {
				continue
			}
			for _, endpoint := range slice.Endpoints {
				if ready := endpoint.Conditions.Ready; ready == nil || *ready {
					found = append(found, fmt.Sprintf("%s . %d", endpoint.Addresses[0], *target.Port))
				}
			}
		}
	}
	slices.Sort(found)
	for i := range found {
		found[i] = fmt.Sprintf("%d : %s", i, found[i])
	}
	return found, nil
}
