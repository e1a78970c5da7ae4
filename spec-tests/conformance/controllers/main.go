// Controllers runs the parts of kube-controller-manager that the suite and a chart need. The rest of it (volumes, nodes,
// clouds, certificates) takes longer to compile and link than all of these.
package main

import (
	"context"
	"flag"
	"os"
	"os/signal"
	"syscall"
	"time"

	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/controller-manager/pkg/informerfactory"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/controller/certificates/rootcacertpublisher"
	"k8s.io/kubernetes/pkg/controller/deployment"
	"k8s.io/kubernetes/pkg/controller/endpointslice"
	"k8s.io/kubernetes/pkg/controller/garbagecollector"
	"k8s.io/kubernetes/pkg/controller/replicaset"
	"k8s.io/kubernetes/pkg/controller/serviceaccount"
)

const (
	resync  = 12 * time.Hour
	workers = 10
)

func main() {
	kubeconfig := flag.String("kubeconfig", "", "how to reach the API server")
	rootCA := flag.String("root-ca-file", "", "the certificate that pods trust the API server by")
	klog.InitFlags(nil)
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	ca, err := os.ReadFile(*rootCA)
	must(err)
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	must(err)
	config.QPS, config.Burst = 500, 1000
	run(ctx, kubernetes.NewForConfigOrDie(config), metadata.NewForConfigOrDie(config), ca)
}

func run(ctx context.Context, client kubernetes.Interface, objects metadata.Interface, ca []byte) {
	typed := informers.NewSharedInformerFactory(client, resync)
	untyped := metadatainformer.NewSharedInformerFactory(objects, resync)
	core, apps := typed.Core().V1(), typed.Apps().V1()
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(client.Discovery()))
	started := make(chan struct{})

	deployments, err := deployment.NewDeploymentController(ctx, apps.Deployments(), apps.ReplicaSets(), core.Pods(), client)
	must(err)
	replicas := replicaset.NewReplicaSetController(ctx, apps.ReplicaSets(), core.Pods(), client, replicaset.BurstReplicas)
	slices := endpointslice.NewController(ctx, core.Pods(), core.Services(), core.Nodes(), typed.Discovery().V1().EndpointSlices(), 100, client, 0)
	deleted := newNamespaces(ctx, client, objects, core.Namespaces())
	garbage, err := garbagecollector.NewGarbageCollector(ctx, client, objects, mapper, garbagecollector.DefaultIgnoredResources(),
		informerfactory.NewInformerFactory(typed, untyped), started)
	must(err)
	accounts, err := serviceaccount.NewServiceAccountsController(klog.FromContext(ctx), core.ServiceAccounts(), core.Namespaces(), client,
		serviceaccount.DefaultServiceAccountsControllerOptions())
	must(err)
	trust, err := rootcacertpublisher.NewPublisher(core.ConfigMaps(), core.Namespaces(), client, ca)
	must(err)

	typed.Start(ctx.Done())
	untyped.Start(ctx.Done())
	close(started)
	go deployments.Run(ctx, workers)
	go replicas.Run(ctx, workers)
	go slices.Run(ctx, workers)
	for range workers {
		go deleted.run(ctx)
	}
	go garbage.Run(ctx, 2*workers, 30*time.Second)
	go garbage.Sync(ctx, client.Discovery(), 30*time.Second)
	go accounts.Run(ctx, 1)
	go trust.Run(ctx, 1)
	<-ctx.Done()
}

func must(err error) {
	if err != nil {
		klog.Fatal(err)
	}
}
