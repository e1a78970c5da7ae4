package main

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// report writes the pod's status if it says something new.
func (n *node) report(ctx context.Context, object *corev1.Pod, local *pod) error {
	status := n.status(object, local)
	if equality.Semantic.DeepEqual(object.Status, status) {
		return nil
	}
	object = object.DeepCopy()
	object.Status = status
	_, err := n.client.CoreV1().Pods(object.Namespace).UpdateStatus(ctx, object, metav1.UpdateOptions{})
	return err
}

func (n *node) status(object *corev1.Pod, local *pod) corev1.PodStatus {
	status := *object.Status.DeepCopy()
	ready, restarts := local.state()
	started := true
	at := metav1.NewTime(local.at.Truncate(1e9))
	host, ip := n.settings.address.String(), local.address.String()

	status.Phase = corev1.PodRunning
	status.StartTime = &at
	status.HostIP, status.HostIPs = host, []corev1.HostIP{{IP: host}}
	status.PodIP, status.PodIPs = ip, []corev1.PodIP{{IP: ip}}
	set := func(kind corev1.PodConditionType, holds bool) {
		status.Conditions = withCondition(status.Conditions, kind, holds)
	}
	set(corev1.PodScheduled, true)
	set(corev1.PodInitialized, true)
	set(corev1.ContainersReady, ready)
	set(corev1.PodReady, ready)
	container := object.Spec.Containers[0]
	status.ContainerStatuses = []corev1.ContainerStatus{{
		Name: container.Name, Ready: ready, Started: &started, RestartCount: restarts, Image: container.Image, ImageID: container.Image,
		ContainerID: "process://" + string(object.UID), State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: at}},
	}}
	return status
}

func withCondition(all []corev1.PodCondition, kind corev1.PodConditionType, holds bool) []corev1.PodCondition {
	status := corev1.ConditionFalse
	if holds {
		status = corev1.ConditionTrue
	}
	for i := range all {
		if all[i].Type == kind {
			if all[i].Status != status {
				all[i].Status, all[i].LastTransitionTime = status, metav1.Now()
			}
			return all
		}
	}
	return append(all, corev1.PodCondition{Type: kind, Status: status, LastTransitionTime: metav1.Now()})
}
