package main

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	coreinformers "k8s.io/client-go/informers/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/controller/namespace/deletion"
)

// namespaces empties those that are being deleted, as the upstream controller does but without its wait of five seconds for other API
// servers to hear of it. The suite gives a namespace 30 seconds to be gone.
type namespaces struct {
	deleter deletion.NamespacedResourcesDeleterInterface
	queue   workqueue.TypedRateLimitingInterface[string]
}

func newNamespaces(ctx context.Context, client kubernetes.Interface, objects metadata.Interface, informer coreinformers.NamespaceInformer) *namespaces {
	n := &namespaces{
		deleter: deletion.NewNamespacedResourcesDeleter(ctx, client.CoreV1().Namespaces(), objects, client.CoreV1(),
			client.Discovery().ServerPreferredNamespacedResources, corev1.FinalizerKubernetes),
		queue: workqueue.NewTypedRateLimitingQueue(
			workqueue.NewTypedItemExponentialFailureRateLimiter[string](50*time.Millisecond, time.Second)),
	}
	changed := func(object any) {
		if namespace, is := object.(*corev1.Namespace); is && namespace.DeletionTimestamp != nil {
			n.queue.Add(namespace.Name)
		}
	}
	_, err := informer.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: changed, UpdateFunc: func(_, object any) { changed(object) }})
	must(err)
	return n
}

func (n *namespaces) run(ctx context.Context) {
	for {
		name, quit := n.queue.Get()
		if quit {
			return
		}
		// An error that names what is left is the rule at first: pods take their time to end.
		if err := n.deleter.Delete(ctx, name); err != nil && !apierrors.IsNotFound(err) {
			klog.V(2).InfoS("Not empty yet", "namespace", name, "err", err)
			n.queue.AddRateLimited(name)
		} else {
			n.queue.Forget(name)
		}
		n.queue.Done(name)
	}
}
