package kubernetes

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
)

func TestBase_PodsAreReachedByWhatNamesThem(t *testing.T) {
	t.Parallel()
	made := build(t, "base", nil)
	require.Len(t, made, 6)
	pods := find[*apps.Deployment](t, made).Spec
	labels := pods.Template.Labels
	require.NotEmpty(t, labels)
	require.Equal(t, labels, pods.Selector.MatchLabels)
	require.Equal(t, labels, find[*policy.PodDisruptionBudget](t, made).Spec.Selector.MatchLabels)
	for _, c := range pods.Template.Spec.TopologySpreadConstraints {
		require.Equal(t, labels, c.LabelSelector.MatchLabels)
	}
	ports := map[string]bool{}
	for _, port := range pods.Template.Spec.Containers[0].Ports {
		ports[port.Name] = true
	}
	for _, name := range []string{"eventra", "eventra-ops"} {
		service := made["Service "+name].(*core.Service)
		require.Equal(t, labels, service.Spec.Selector)
		require.True(t, ports[service.Spec.Ports[0].TargetPort.StrVal], service)
	}
}

func TestBase_MembersAloneReachTheClusterPort(t *testing.T) {
	t.Parallel()
	made := build(t, "base", nil)
	labels := find[*apps.Deployment](t, made).Spec.Template.Labels
	rules := find[*networking.NetworkPolicy](t, made)
	require.Equal(t, labels, rules.Spec.PodSelector.MatchLabels)
	require.Equal(t, []networking.PolicyType{networking.PolicyTypeIngress}, rules.Spec.PolicyTypes)
	for _, rule := range rules.Spec.Ingress {
		require.Len(t, rule.Ports, 1)
		require.NotEmpty(t, rule.From, "from anywhere")
		if rule.Ports[0].Port.StrVal == "cluster" {
			require.Len(t, rule.From, 1)
			require.Nil(t, rule.From[0].NamespaceSelector)
			require.Equal(t, labels, rule.From[0].PodSelector.MatchLabels)
		}
	}
}

// forRequests and forHandover are what an instance takes at most after the drain: see docs/OPERATIONS.md.
const forRequests, forHandover = 30 * time.Second, 15 * time.Second

func TestBase_PodsStopInGoodOrder(t *testing.T) {
	t.Parallel()
	made := build(t, "base", nil)
	pods := find[*apps.Deployment](t, made).Spec
	drain, err := time.ParseDuration(find[*core.ConfigMap](t, made).Data["EVENTRA_DRAIN_DELAY"])
	require.NoError(t, err)
	grace := time.Duration(*pods.Template.Spec.TerminationGracePeriodSeconds) * time.Second
	require.Greater(t, grace, drain+forRequests+forHandover)
	container := pods.Template.Spec.Containers[0]
	require.Equal(t, "/readyz", container.ReadinessProbe.HTTPGet.Path)
	require.Equal(t, "/healthz", container.LivenessProbe.HTTPGet.Path, "a store that is away is no reason to restart")
	require.Equal(t, "/healthz", container.StartupProbe.HTTPGet.Path)
	noticed := time.Duration(container.ReadinessProbe.PeriodSeconds*container.ReadinessProbe.FailureThreshold) * time.Second
	require.Greater(t, drain, noticed)
	require.Zero(t, pods.Strategy.RollingUpdate.MaxUnavailable.IntVal)
}

func TestPods_MayDoNothingButServe(t *testing.T) {
	t.Parallel()
	templates := []core.PodSpec{
		find[*apps.Deployment](t, build(t, "base", nil)).Spec.Template.Spec,
		find[*batch.Job](t, build(t, "migrate", nil)).Spec.Template.Spec,
	}
	for _, pod := range templates {
		require.False(t, *pod.AutomountServiceAccountToken)
		require.False(t, *pod.EnableServiceLinks, "they would be unknown settings")
		require.True(t, *pod.SecurityContext.RunAsNonRoot)
		require.EqualValues(t, 65532, *pod.SecurityContext.RunAsUser, "as in the Dockerfile")
		require.Equal(t, core.SeccompProfileTypeRuntimeDefault, pod.SecurityContext.SeccompProfile.Type)
		for _, c := range pod.Containers {
			require.False(t, *c.SecurityContext.AllowPrivilegeEscalation)
			require.True(t, *c.SecurityContext.ReadOnlyRootFilesystem)
			require.Equal(t, []core.Capability{"ALL"}, c.SecurityContext.Capabilities.Drop)
			require.True(t, c.Resources.Requests.Memory().Equal(*c.Resources.Limits.Memory()))
			require.True(t, c.Resources.Limits.Cpu().IsZero(), "a throttled instance renews its lease late")
		}
	}
}

// No installation confirms bookings without taking money because nobody has chosen.
func TestBase_ChoosesNoGateway(t *testing.T) {
	t.Parallel()
	require.NotContains(t, find[*core.ConfigMap](t, build(t, "base", nil)).Data, "EVENTRA_PAYMENT_GATEWAY")
}

func TestBase_SettingsAreKnown(t *testing.T) {
	t.Parallel()
	made := build(t, "base", nil)
	manual, err := os.ReadFile("../../docs/OPERATIONS.md")
	require.NoError(t, err)
	names := []string{}
	for name := range find[*core.ConfigMap](t, made).Data {
		names = append(names, name)
	}
	for _, e := range find[*apps.Deployment](t, made).Spec.Template.Spec.Containers[0].Env {
		names = append(names, e.Name)
	}
	for _, name := range names {
		if strings.HasPrefix(name, "EVENTRA_CLUSTER_C") || name == "EVENTRA_CLUSTER_KEY" || name == "POD_IP" {
			continue // the manual has the three of them in one row; POD_IP is the next one's
		}
		require.Contains(t, string(manual), "`"+name+"`")
	}
}

func TestExample_SecretsComeFromOutsideOfGit(t *testing.T) {
	t.Parallel()
	for name, object := range build(t, "base", nil) {
		_, secret := object.(*core.Secret)
		require.False(t, secret, name)
	}
	made := build(t, "example/serve", map[string]string{
		"/example/serve/secrets.env": "EVENTRA_JWT_SECRET=x\n", "/example/serve/certs/ca.crt": "x",
		"/example/serve/certs/member.crt": "x", "/example/serve/certs/member.key": "x",
	})
	pod := find[*apps.Deployment](t, made).Spec.Template.Spec
	container := pod.Containers[0]
	require.Equal(t, "registry.example/eventra:1.0.0", container.Image)
	settings := made["ConfigMap "+container.EnvFrom[0].ConfigMapRef.Name].(*core.ConfigMap)
	require.Equal(t, "https://tickets.example", settings.Data["EVENTRA_PUBLIC_URL"])
	require.Equal(t, "0.0.0.0:7400", settings.Data["EVENTRA_CLUSTER_LISTEN"], "of the base")
	require.Equal(t, "mock", settings.Data["EVENTRA_PAYMENT_GATEWAY"])
	require.Regexp(t, `^eventra-secrets-`, container.EnvFrom[1].SecretRef.Name)
	require.Contains(t, made, "Secret "+container.EnvFrom[1].SecretRef.Name)
	require.Contains(t, made, "Secret "+pod.Volumes[0].Secret.SecretName)
	for _, file := range []string{"ca.crt", "member.crt", "member.key"} {
		require.Contains(t, made["Secret "+pod.Volumes[0].Secret.SecretName].(*core.Secret).Data, file)
	}
	made = build(t, "example/migrate", map[string]string{"/example/migrate/owner.env": "EVENTRA_POSTGRES_URL=x\n"})
	migration := find[*batch.Job](t, made).Spec.Template.Spec.Containers[0]
	require.Equal(t, container.Image, migration.Image)
	require.Contains(t, made, "Secret "+migration.EnvFrom[0].SecretRef.Name)
}
