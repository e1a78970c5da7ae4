package main

import (
	"context"
	"log"
	"net/netip"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
)

const (
	logsPort = 10250
	workers  = 8
)

// node makes the pods of the cluster run here.
type node struct {
	settings
	client kubernetes.Interface
	pods   corelisters.PodLister
	queue  workqueue.TypedRateLimitingInterface[string]

	mu      sync.Mutex
	running map[string]*pod
	last    netip.Addr // the last address given to a pod
	started int
}

func newNode(s settings, client kubernetes.Interface, factory informers.SharedInformerFactory) *node {
	informer := factory.Core().V1().Pods()
	n := &node{
		settings: s, client: client, pods: informer.Lister(), running: map[string]*pod{}, last: secondHalf(s.pods).Addr(),
		queue: workqueue.NewTypedRateLimitingQueue(
			workqueue.NewTypedItemExponentialFailureRateLimiter[string](50*time.Millisecond, 2*time.Second)),
	}
	onChange(informer.Informer(), n.queue.Add)
	return n
}

// onChange tells the names of objects that appear, change and go.
func onChange(informer cache.SharedIndexInformer, tell func(key string)) {
	changed := func(object any) {
		if key, err := cache.DeletionHandlingMetaNamespaceKeyFunc(object); err == nil {
			tell(key)
		}
	}
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: changed, UpdateFunc: func(_, object any) { changed(object) }, DeleteFunc: changed})
	must(err)
}

// secondHalf of a prefix: the first half of the pods' is for the bridge, of the balancers' for those that take any address.
func secondHalf(p netip.Prefix) netip.Prefix {
	bytes := p.Masked().Addr().As4()
	bytes[p.Bits()/8] |= 0x80 >> (p.Bits() % 8)
	return netip.PrefixFrom(netip.AddrFrom4(bytes), p.Bits()+1)
}

// register adds the Node object, ready from the start.
func (n *node) register(ctx context.Context) error {
	now := metav1.Now()
	object := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: n.name, Labels: map[string]string{corev1.LabelHostname: n.name}}}
	object, err := n.client.CoreV1().Nodes().Create(ctx, object, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	object.Status.Addresses = []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: n.settings.address.String()}}
	object.Status.DaemonEndpoints.KubeletEndpoint.Port = logsPort
	object.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue, Reason: "Ready",
		LastHeartbeatTime: now, LastTransitionTime: now}}
	_, err = n.client.CoreV1().Nodes().UpdateStatus(ctx, object, metav1.UpdateOptions{})
	return err
}

func (n *node) run(ctx context.Context) {
	for range workers {
		go func() {
			for n.next(ctx) {
			}
		}()
	}
	<-ctx.Done()
	n.queue.ShutDown()
}

func (n *node) next(ctx context.Context) bool {
	key, quit := n.queue.Get()
	if quit {
		return false
	}
	defer n.queue.Done(key)
	if err := n.sync(ctx, key); err != nil {
		log.Printf("%s: %v", key, err)
		n.queue.AddRateLimited(key)
	} else {
		n.queue.Forget(key)
	}
	return true
}

// sync brings one pod a step nearer to what its object asks for.
func (n *node) sync(ctx context.Context, key string) error {
	namespace, name, err := cache.SplitMetaNamespaceKey(key)
	if err != nil {
		return err
	}
	object, err := n.pods.Pods(namespace).Get(name)
	if apierrors.IsNotFound(err) {
		n.forget(key)
		return nil
	} else if err != nil {
		return err
	}
	local := n.find(key)
	if local != nil && local.object.UID != object.UID {
		n.forget(key)
		local = nil
	}
	switch {
	case object.Spec.NodeName == "":
		return gone(n.bind(ctx, object))
	case object.DeletionTimestamp != nil:
		return gone(n.end(ctx, key, object, local))
	case local == nil:
		if local, err = n.start(ctx, key, object); err != nil {
			return err
		}
	}
	return gone(n.report(ctx, object, local))
}

// gone takes an error away that only says that the object has changed or is no more: its next change is on the way.
func gone(err error) error {
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil
	}
	return err
}

func (n *node) find(key string) *pod {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.running[key]
}

// forget ends a pod whose object is gone.
func (n *node) forget(key string) {
	n.mu.Lock()
	local := n.running[key]
	delete(n.running, key)
	n.mu.Unlock()
	if local != nil {
		local.stop(0)
	}
}

func (n *node) bind(ctx context.Context, object *corev1.Pod) error {
	return n.client.CoreV1().Pods(object.Namespace).Bind(ctx, &corev1.Binding{
		ObjectMeta: metav1.ObjectMeta{Namespace: object.Namespace, Name: object.Name, UID: object.UID},
		Target:     corev1.ObjectReference{Kind: "Node", Name: n.name},
	}, metav1.CreateOptions{})
}

// end stops a pod that is being deleted, and removes its object once the process has ended.
func (n *node) end(ctx context.Context, key string, object *corev1.Pod, local *pod) error {
	if local != nil {
		grace := time.Duration(0)
		if object.DeletionGracePeriodSeconds != nil {
			grace = time.Duration(*object.DeletionGracePeriodSeconds) * time.Second
		}
		local.stop(grace)
		select {
		case <-local.ended:
		default: // it queues itself when it has ended
			return nil
		}
		n.forget(key)
	}
	now := int64(0)
	return n.client.CoreV1().Pods(object.Namespace).Delete(ctx, object.Name,
		metav1.DeleteOptions{GracePeriodSeconds: &now, Preconditions: metav1.NewUIDPreconditions(string(object.UID))})
}
