package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/pkg/fieldpath"
)

// files are those of a volume, by path. They are written once: a change of their source is not seen by a running pod.
type files map[string][]byte

// mount writes the volumes of a container into its root folder.
func (n *node) mount(ctx context.Context, object *corev1.Pod, container corev1.Container, root string) error {
	volumes := map[string]corev1.VolumeSource{}
	for _, volume := range object.Spec.Volumes {
		volumes[volume.Name] = volume.VolumeSource
	}
	for _, mount := range container.VolumeMounts {
		if mount.SubPath != "" || mount.SubPathExpr != "" {
			return fmt.Errorf("volume %s: subPath is not supported", mount.Name)
		}
		content, err := n.content(ctx, object, volumes[mount.Name])
		if err != nil {
			return fmt.Errorf("volume %s: %w", mount.Name, err)
		}
		if err := content.write(filepath.Join(root, filepath.Clean("/"+mount.MountPath))); err != nil {
			return err
		}
	}
	return nil
}

func (f files) write(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	// An emptyDir is for everyone to write to.
	if err := os.Chmod(folder, 0o777); err != nil {
		return err
	}
	for name, data := range f {
		path := filepath.Join(folder, filepath.Clean("/"+name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, data, 0o644)); err != nil {
			return err
		}
	}
	return nil
}

func (n *node) content(ctx context.Context, object *corev1.Pod, source corev1.VolumeSource) (files, error) {
	switch {
	case source.EmptyDir != nil:
		return nil, nil
	case source.Secret != nil:
		return n.projected(ctx, object, corev1.VolumeProjection{Secret: &corev1.SecretProjection{
			LocalObjectReference: corev1.LocalObjectReference{Name: source.Secret.SecretName},
			Items:                source.Secret.Items, Optional: source.Secret.Optional}})
	case source.ConfigMap != nil:
		return n.projected(ctx, object, corev1.VolumeProjection{ConfigMap: &corev1.ConfigMapProjection{
			LocalObjectReference: source.ConfigMap.LocalObjectReference,
			Items:                source.ConfigMap.Items, Optional: source.ConfigMap.Optional}})
	case source.DownwardAPI != nil:
		return n.projected(ctx, object, corev1.VolumeProjection{DownwardAPI: &corev1.DownwardAPIProjection{Items: source.DownwardAPI.Items}})
	case source.Projected != nil:
		all := files{}
		for _, part := range source.Projected.Sources {
			some, err := n.projected(ctx, object, part)
			if err != nil {
				return nil, err
			}
			maps.Copy(all, some)
		}
		return all, nil
	}
	return nil, errors.New("only emptyDir, secret, configMap, downwardAPI and projected are supported")
}

func (n *node) projected(ctx context.Context, object *corev1.Pod, source corev1.VolumeProjection) (files, error) {
	switch {
	case source.Secret != nil:
		secret, err := n.client.CoreV1().Secrets(object.Namespace).Get(ctx, source.Secret.Name, metav1.GetOptions{})
		if err != nil {
			return nil, unlessOptional(err, source.Secret.Optional)
		}
		return files(secret.Data).only(source.Secret.Items)
	case source.ConfigMap != nil:
		config, err := n.client.CoreV1().ConfigMaps(object.Namespace).Get(ctx, source.ConfigMap.Name, metav1.GetOptions{})
		if err != nil {
			return nil, unlessOptional(err, source.ConfigMap.Optional)
		}
		all := files(config.BinaryData)
		if all == nil {
			all = files{}
		}
		for key, text := range config.Data {
			all[key] = []byte(text)
		}
		return all.only(source.ConfigMap.Items)
	case source.DownwardAPI != nil:
		return downward(object, source.DownwardAPI.Items)
	case source.ServiceAccountToken != nil:
		token, err := n.token(ctx, object, source.ServiceAccountToken)
		return files{source.ServiceAccountToken.Path: []byte(token)}, err
	}
	return nil, errors.New("only secret, configMap, downwardAPI and serviceAccountToken can be projected")
}

func unlessOptional(err error, optional *bool) error {
	if optional != nil && *optional && apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// only picks files by key and names them anew; no items are all of them.
func (f files) only(items []corev1.KeyToPath) (files, error) {
	if len(items) == 0 {
		return f, nil
	}
	some := files{}
	for _, item := range items {
		data, found := f[item.Key]
		if !found {
			return nil, fmt.Errorf("no key %q", item.Key)
		}
		some[item.Path] = data
	}
	return some, nil
}

func downward(object *corev1.Pod, items []corev1.DownwardAPIVolumeFile) (files, error) {
	all := files{}
	for _, item := range items {
		if item.FieldRef == nil {
			return nil, errors.New("resourceFieldRef is not supported")
		}
		text, err := fieldpath.ExtractFieldPathAsString(object, item.FieldRef.FieldPath)
		if err != nil {
			return nil, err
		}
		all[item.Path] = []byte(text)
	}
	return all, nil
}

// token mints one that is bound to the pod. It is not renewed: no cluster here lives as long as its hour.
func (n *node) token(ctx context.Context, object *corev1.Pod, source *corev1.ServiceAccountTokenProjection) (string, error) {
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{
		ExpirationSeconds: source.ExpirationSeconds,
		BoundObjectRef:    &authenticationv1.BoundObjectReference{APIVersion: "v1", Kind: "Pod", Name: object.Name, UID: object.UID},
	}}
	if source.Audience != "" {
		request.Spec.Audiences = []string{source.Audience}
	}
	answer, err := n.client.CoreV1().ServiceAccounts(object.Namespace).CreateToken(ctx, object.Spec.ServiceAccountName, request, metav1.CreateOptions{})
	if err != nil {
		return "", err
	}
	return answer.Status.Token, nil
}
