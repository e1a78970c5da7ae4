package main

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/pkg/fieldpath"
	"k8s.io/kubernetes/third_party/forked/golang/expansion"
)

// environment lists the variables of a container: where the API server is, then those of its spec.
func (n *node) environment(ctx context.Context, object *corev1.Pod, container corev1.Container, address netip.Addr) ([]string, error) {
	if len(container.EnvFrom) != 0 {
		return nil, fmt.Errorf("envFrom is not supported")
	}
	variables := []string{
		"PATH=" + searchPath, "HOSTNAME=" + object.Name,
		"KUBERNETES_SERVICE_HOST=" + n.apiServer.Addr().String(),
		"KUBERNETES_SERVICE_PORT=" + strconv.Itoa(int(n.apiServer.Port())),
	}
	for _, variable := range container.Env {
		value, err := n.value(ctx, object, variable, address)
		if err != nil {
			return nil, fmt.Errorf("env %s: %w", variable.Name, err)
		}
		variables = append(variables, variable.Name+"="+expand(value, variables))
	}
	return variables, nil
}

func (n *node) value(ctx context.Context, object *corev1.Pod, variable corev1.EnvVar, address netip.Addr) (string, error) {
	from := variable.ValueFrom
	switch {
	case from == nil:
		return variable.Value, nil
	case from.FieldRef != nil:
		return n.field(object, from.FieldRef.FieldPath, address)
	case from.SecretKeyRef != nil:
		ref := from.SecretKeyRef
		secret, err := n.client.CoreV1().Secrets(object.Namespace).Get(ctx, ref.Name, metav1.GetOptions{})
		if err != nil {
			return "", unlessOptional(err, ref.Optional)
		}
		return string(secret.Data[ref.Key]), nil
	case from.ConfigMapKeyRef != nil:
		ref := from.ConfigMapKeyRef
		config, err := n.client.CoreV1().ConfigMaps(object.Namespace).Get(ctx, ref.Name, metav1.GetOptions{})
		if err != nil {
			return "", unlessOptional(err, ref.Optional)
		}
		return config.Data[ref.Key], nil
	}
	return "", fmt.Errorf("only fieldRef, secretKeyRef and configMapKeyRef are supported")
}

// field reads a field of a pod. Those of its status are known here before they are in the object.
func (n *node) field(object *corev1.Pod, path string, address netip.Addr) (string, error) {
	switch path {
	case "spec.nodeName":
		return n.name, nil
	case "spec.serviceAccountName":
		return object.Spec.ServiceAccountName, nil
	case "status.podIP", "status.podIPs":
		return address.String(), nil
	case "status.hostIP", "status.hostIPs":
		return n.settings.address.String(), nil
	}
	return fieldpath.ExtractFieldPathAsString(object, path)
}

// arguments of a container. An image has one program here, whatever name a container calls it by.
func arguments(container corev1.Container, variables []string) []string {
	var args []string
	for i, word := range slices.Concat(container.Command, container.Args) {
		if i > 0 || len(container.Command) == 0 {
			args = append(args, expand(word, variables))
		}
	}
	return args
}

// expand replaces $(NAME) by a variable's value.
func expand(text string, variables []string) string {
	values := map[string]string{}
	for _, variable := range variables {
		name, value, _ := strings.Cut(variable, "=")
		values[name] = value
	}
	return expansion.Expand(text, expansion.MappingFuncFor(values))
}
