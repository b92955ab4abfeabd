package kubernetes

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// objects are what a kustomization makes, by kind and name.
type objects map[string]any

func newObject(kind string) any {
	switch kind {
	case "apps/v1 Deployment":
		return &apps.Deployment{}
	case "batch/v1 Job":
		return &batch.Job{}
	case "networking.k8s.io/v1 NetworkPolicy":
		return &networking.NetworkPolicy{}
	case "policy/v1 PodDisruptionBudget":
		return &policy.PodDisruptionBudget{}
	case "v1 ConfigMap":
		return &core.ConfigMap{}
	case "v1 Secret":
		return &core.Secret{}
	case "v1 Service":
		return &core.Service{}
	}
	return nil
}

// build does what `kubectl kustomize` does with a folder of deploy/kubernetes. Each object must
// fit its type in the API of Kubernetes; a field that the type does not know fails.
func build(t *testing.T, folder string, added map[string]string) objects {
	t.Helper()
	files := filesys.MakeFsInMemory()
	root := filepath.Join("..", "..", "deploy", "kubernetes")
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		within, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		return files.WriteFile(filepath.Join("/", within), content)
	}))
	for name, content := range added {
		require.NoError(t, files.WriteFile(name, []byte(content)))
	}
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(files, filepath.Join("/", folder))
	require.NoError(t, err)
	made := objects{}
	for _, resource := range built.Resources() {
		id := resource.CurId()
		kind := strings.TrimPrefix(fmt.Sprintf("%s/%s %s", id.Group, id.Version, id.Kind), "/")
		object := newObject(kind)
		require.NotNil(t, object, "%s is of no kind that this test knows", kind)
		text, err := resource.AsYAML()
		require.NoError(t, err)
		require.NoError(t, yaml.UnmarshalStrict(text, object), "%s", text)
		made[id.Kind+" "+id.Name] = object
	}
	return made
}

// find returns the only object of a type.
func find[T any](t *testing.T, from objects) (found T) {
	t.Helper()
	var count int
	for _, object := range from {
		if o, ok := object.(T); ok {
			found, count = o, count+1
		}
	}
	require.Equal(t, 1, count)
	return found
}
