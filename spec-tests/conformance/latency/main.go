// Latency measures how long it takes from a changed HTTPRoute to traffic that shows it, and to its written status.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/clientcmd"
)

func main() {
	kubeconfig := flag.String("kubeconfig", "", "how to reach the API server")
	class := flag.String("gateway-class", "gateline", "the class of the Gateway that is made")
	routes := flag.Int("routes", 1000, "how many HTTPRoutes the Gateway has")
	changes := flag.Int("changes", 200, "how many of them are changed, one after the other")
	flag.Parse()
	ctx, stop := context.WithTimeout(context.Background(), 10*time.Minute)
	defer stop()
	if err := run(ctx, *kubeconfig, *class, *routes, *changes); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, kubeconfig, class string, routes, changes int) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	config.QPS = -1
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return err
	}
	bench := &bench{objects: objects{client}, class: class}
	if err := bench.setUp(ctx); err != nil {
		return err
	}
	created, err := bench.create(ctx, routes)
	if err != nil {
		return err
	}
	fmt.Printf("%d HTTPRoutes created; after %.1f s the last one was served and every status written\n", routes, created.Seconds())
	var written, traffic, status sample
	for i := range changes {
		// Spread over all of them, so that neither the first nor the last is favoured.
		one, err := bench.change(ctx, i*routes/changes%routes, i+1)
		if err != nil {
			return err
		}
		written, traffic, status = append(written, one.written), append(traffic, one.traffic), append(status, one.status)
		time.Sleep(pause)
	}
	fmt.Printf("%d changes, one at a time; from the moment the change was sent to the API server, in ms:\n", changes)
	fmt.Printf("  %-28s %s\n", "", "  p50    p90    p99    max")
	for _, line := range []struct {
		name   string
		sample sample
	}{
		{"the API server has answered", written},
		{"traffic shows it", traffic},
		{"the status is written", status},
	} {
		fmt.Printf("  %-28s %s\n", line.name, line.sample)
	}
	return nil
}
