// Package kubernetes checks what deploy/kubernetes has for Kubernetes.
package kubernetes
