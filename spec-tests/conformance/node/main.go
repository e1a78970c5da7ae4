// Node stands in for what a cluster has around its API server and controllers: a scheduler and kubelet (every pod is bound to
// one Node and run as a process in a network namespace of its own) and a cloud's load balancer (every Service of type
// LoadBalancer gets an address, and traffic to it reaches the ready pods).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net/netip"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// images maps the repository of an image to the program that is run for it.
type images map[string]string

func (m images) String() string { return fmt.Sprint(map[string]string(m)) }

func (m images) Set(value string) error {
	repository, program, found := strings.Cut(value, "=")
	if !found {
		return errors.New("want REPOSITORY=PROGRAM")
	}
	m[repository] = program
	return nil
}

// program finds the program of an image, whatever its tag or digest.
func (m images) program(image string) (string, error) {
	repository, _, _ := strings.Cut(image, "@")
	if colon := strings.LastIndex(repository, ":"); colon > strings.LastIndex(repository, "/") {
		repository = repository[:colon]
	}
	if program, found := m[repository]; found {
		return program, nil
	}
	return "", fmt.Errorf("no program for the image %s", image)
}

type settings struct {
	name      string
	address   netip.Addr
	bridge    string
	pods      netip.Prefix
	balancers netip.Prefix
	apiServer netip.AddrPort
	root      string
	logs      string
	images    images
}

func main() {
	// The node starts itself once more inside each pod's namespace, to set it up.
	if len(os.Args) > 1 && os.Args[1] == enterCommand {
		log.Fatal(enter(os.Args[2:]))
	}
	kubeconfig := flag.String("kubeconfig", "", "how to reach the API server")
	s := settings{images: images{}}
	flag.StringVar(&s.name, "name", "node-0", "name of the Node")
	flag.StringVar(&s.bridge, "bridge", "", "the bridge that joins the pods")
	flag.TextVar(&s.address, "address", netip.Addr{}, "address of the bridge")
	flag.TextVar(&s.pods, "pods", netip.Prefix{}, "addresses of the bridge's network; the second half of them are for pods")
	flag.TextVar(&s.balancers, "balancers", netip.Prefix{}, "addresses of load balancers; the second half of them are only given when asked for")
	flag.TextVar(&s.apiServer, "api-server", netip.AddrPort{}, "where pods find the API server")
	flag.StringVar(&s.root, "root", "", "folder for the root folders of pods")
	flag.StringVar(&s.logs, "logs", "", "folder for the logs of pods")
	flag.Var(s.images, "image", "REPOSITORY=PROGRAM (repeatable)")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	must(err)
	config.QPS, config.Burst = 500, 1000
	client, err := kubernetes.NewForConfig(config)
	must(err)

	factory := informers.NewSharedInformerFactory(client, 30*time.Second)
	n := newNode(s, client, factory)
	b := newBalancer(s, client, factory)
	must(n.serveLogs())
	must(n.register(ctx))
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	go b.run(ctx)
	n.run(ctx)
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
