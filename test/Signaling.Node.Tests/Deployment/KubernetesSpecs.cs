using k8s;
using k8s.Models;
using YamlDotNet.Serialization;

namespace Signaling.Node.Tests.Deployment;

/// <summary>The manifests are what Kubernetes knows, by its own types, and refer to each other by names and ports that exist.</summary>
public sealed class KubernetesSpecs
{
    private readonly List<object> _objects = KubernetesYaml.LoadAllFromString(Deployed.KubernetesManifests(), strict: true);

    private V1StatefulSet Nodes => Assert.Single(_objects.OfType<V1StatefulSet>());

    private V1PodSpec Pod => Nodes.Spec.Template.Spec;

    private V1Container Container => Assert.Single(Pod.Containers);

    [Fact]
    public void The_kustomization_names_every_file()
    {
        var files = Directory.GetFiles(Deployed.PathOf("kubernetes")).Select(file => Path.GetFileName(file)!).Except(["kustomization.yaml"]);

        var named = Kustomization.Resources.Concat(Kustomization.ConfigMaps.Concat(Kustomization.Secrets).SelectMany(generator => generator.Files));

        Assert.Equal(files.Select(file => file.Replace(".example", "", StringComparison.Ordinal)).Order(), named.Order());
        Assert.Equal(Container.Image, Assert.Single(Kustomization.Images).Name);
    }

    [Fact]
    public void Every_selector_selects_the_pods()
    {
        var labels = Nodes.Spec.Template.Metadata.Labels;
        var affinity = Assert.Single(Pod.Affinity.PodAntiAffinity.PreferredDuringSchedulingIgnoredDuringExecution).PodAffinityTerm;
        var policy = Assert.Single(_objects.OfType<V1NetworkPolicy>()).Spec;

        var selectors = _objects.OfType<V1Service>().Select(service => service.Spec.Selector)
            .Append(Nodes.Spec.Selector.MatchLabels)
            .Append(Assert.Single(_objects.OfType<V1PodDisruptionBudget>()).Spec.Selector.MatchLabels)
            .Append(policy.PodSelector.MatchLabels)
            .Concat(policy.Ingress.SelectMany(rule => rule.FromProperty ?? []).Where(from => from.PodSelector is not null).Select(from => from.PodSelector.MatchLabels))
            .Append(affinity.LabelSelector.MatchLabels)
            .ToArray();

        Assert.Equal(7, selectors.Length);
        Assert.All(selectors, selector => Assert.Equal(labels, selector));
    }

    [Fact]
    public void Every_port_is_one_of_the_container_and_that_of_the_node()
    {
        var ports = Container.Ports.ToDictionary(port => port.Name, port => port.ContainerPort);
        var services = _objects.OfType<V1Service>().SelectMany(service => service.Spec.Ports).ToArray();
        V1Probe[] probes = [Container.StartupProbe, Container.LivenessProbe, Container.ReadinessProbe];
        var allowed = Assert.Single(_objects.OfType<V1NetworkPolicy>()).Spec.Ingress.SelectMany(rule => rule.Ports).Select(port => port.Port.Value);
        var defaults = new Node.Configuration.NodeOptions();

        Assert.Equal(new() { ["clients"] = defaults.Listen.Port, ["management"] = defaults.Management.Port, ["cluster"] = defaults.Cluster.Port }, ports);
        Assert.All(services, port => Assert.Equal(port.Port, ports[port.TargetPort.Value]));
        Assert.All(probes, probe => Assert.Equal("management", probe.HttpGet.Port.Value));
        Assert.Equal(ports.Keys.Order(), allowed.Order());
    }

    [Fact]
    public void Pods_have_names_in_the_headless_service_before_they_are_ready_and_the_first_ones_are_the_seed_nodes()
    {
        var names = Assert.Single(_objects.OfType<V1Service>(), service => service.Spec.ClusterIP == "None");

        Assert.Equal(names.Metadata.Name, Nodes.Spec.ServiceName);
        Assert.True(names.Spec.PublishNotReadyAddresses);
        Assert.Equal(
            Enumerable.Range(0, 3).Select(number => $"{Nodes.Metadata.Name}-{number}.{names.Metadata.Name}:9003"),
            Settings("signaling-0").Where(setting => setting.Key.StartsWith("Signaling__Cluster__SeedNodes__", StringComparison.Ordinal)).Select(setting => setting.Value));
    }

    [Fact]
    public void The_nodes_have_longer_to_end_than_they_take()
    {
        var shutdown = new Node.Configuration.NodeOptions().Shutdown;

        Assert.True(Pod.TerminationGracePeriodSeconds >= Container.Lifecycle.PreStop.Sleep.Seconds + shutdown.GracePeriod.TotalSeconds + 60);
        Assert.True(Nodes.Spec.MinReadySeconds > shutdown.ReconnectWithin.TotalSeconds);
        Assert.Equal("1", Assert.Single(_objects.OfType<V1PodDisruptionBudget>()).Spec.MaxUnavailable.Value);
    }

    [Fact]
    public void The_container_may_do_nothing_that_it_need_not()
    {
        var security = Container.SecurityContext;

        Assert.True(Pod.SecurityContext.RunAsNonRoot);
        Assert.False(Pod.AutomountServiceAccountToken);
        Assert.Equal("RuntimeDefault", Pod.SecurityContext.SeccompProfile.Type);
        Assert.Equal((false, true), (security.AllowPrivilegeEscalation, security.ReadOnlyRootFilesystem));
        Assert.Equal(["ALL"], security.Capabilities.Drop);
    }

    /// <summary>What the node is told in a pod.</summary>
    internal static Dictionary<string, string> Settings(string pod)
    {
        var container = KubernetesYaml.LoadAllFromString(Deployed.KubernetesManifests(), strict: true).OfType<V1StatefulSet>().Single().Spec.Template.Spec.Containers[0];
        Assert.All(container.EnvFrom, from => Assert.Equal("signaling", from.ConfigMapRef?.Name ?? from.SecretRef.Name)); // as the kustomization makes them
        var settings = Deployed.Variables(Deployed.Read("kubernetes", "config.env")).Concat(Deployed.Variables(Deployed.Read("kubernetes", "secret.env.example"))).ToDictionary();
        foreach (var variable in container.Env.Where(variable => variable.Value is not null)) settings.Add(variable.Name, variable.Value.Replace("$(POD_NAME)", pod, StringComparison.Ordinal));
        return settings;
    }

    private static Kustomize Kustomization => new DeserializerBuilder().IgnoreUnmatchedProperties().Build().Deserialize<Kustomize>(Deployed.Read("kubernetes", "kustomization.yaml"));

    private sealed class Kustomize
    {
        [YamlMember(Alias = "resources")] public List<string> Resources { get; set; } = [];

        [YamlMember(Alias = "images")] public List<KustomizeImage> Images { get; set; } = [];

        [YamlMember(Alias = "configMapGenerator")] public List<Generator> ConfigMaps { get; set; } = [];

        [YamlMember(Alias = "secretGenerator")] public List<Generator> Secrets { get; set; } = [];
    }

    private sealed class KustomizeImage
    {
        [YamlMember(Alias = "name")] public string Name { get; set; } = "";
    }

    private sealed class Generator
    {
        [YamlMember(Alias = "name")] public string Name { get; set; } = "";

        [YamlMember(Alias = "envs")] public List<string> Files { get; set; } = [];
    }
}
