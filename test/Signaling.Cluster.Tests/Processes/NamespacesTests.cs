using System.Diagnostics;
using System.Net.Sockets;
using Signaling.ClusterFaults.Processes;

namespace Signaling.Cluster.Tests.Processes;

public sealed class NamespacesTests : IAsyncLifetime
{
    /// <summary>Longer than any connection on a whole network takes.</summary>
    private const string PatienceSeconds = "2";

    private Namespaces _network = null!;

    public async Task InitializeAsync()
    {
        if (await Namespaces.WhyNotAsync() is null) _network = await Namespaces.CreateAsync(parties: 3);
    }

    public async Task DisposeAsync()
    {
        if (_network is not null) await _network.DisposeAsync();
    }

    [NamespaceFact]
    public async Task Parties_reach_each_other_until_they_are_parted_and_again_once_that_is_healed()
    {
        using var listener = await ListenAsync(party: 1);

        Assert.True(await ReachesAsync(2, 1));

        await _network.PartAsync([1], [0, 2]);
        Assert.False(await ReachesAsync(2, 1));
        Assert.False(await ReachesAsync(0, 1));

        await _network.HealAsync();
        Assert.True(await ReachesAsync(2, 1));
    }

    [NamespaceFact]
    public async Task What_is_cut_one_way_cuts_connections_in_both_and_nobody_else()
    {
        using var first = await ListenAsync(party: 1);
        using var second = await ListenAsync(party: 2);

        await _network.CutAsync([1], [2]);

        Assert.False(await ReachesAsync(1, 2));
        Assert.False(await ReachesAsync(2, 1));                     // the answers do not arrive
        Assert.True(await ReachesAsync(0, 1));
        Assert.True(await ReachesAsync(0, 2));
    }

    [NamespaceFact]
    public async Task This_process_reaches_everybody_whatever_is_cut()
    {
        using var listener = await ListenAsync(party: 1);
        await _network.PartAsync([1], [0, 2]);

        using var client = new TcpClient();
        await client.ConnectAsync(_network.AddressOf(1), _network.PortOf(1, 1));

        Assert.True(client.Connected);
    }

    [NamespaceFact]
    public async Task What_they_are_made_of_goes_with_them()
    {
        var name = _network.Within(0)[^1];
        Assert.True(File.Exists($"/run/netns/{name}"));

        await _network.DisposeAsync();

        Assert.False(File.Exists($"/run/netns/{name}"));
        Assert.False(Directory.Exists($"/sys/class/net/{name.Split('-')[0]}"));
    }

    private async Task<Listener> ListenAsync(int party)
    {
        var script = $"$| = 1; my $listener = IO::Socket::INET->new(LocalAddr => '{_network.AddressOf(party)}:{_network.PortOf(party, 1)}', Listen => 9) or die $@; print \"listens\\n\"; 1 while $listener->accept()";
        var listener = new Listener(Start(party, "perl", "-MIO::Socket::INET", "-e", script));
        Assert.Equal("listens", await listener.Process.StandardOutput.ReadLineAsync());
        return listener;
    }

    private async Task<bool> ReachesAsync(int from, int to)
    {
        using var attempt = Start(from, "timeout", PatienceSeconds, "bash", "-c", $"exec 3<>/dev/tcp/{_network.AddressOf(to)}/{_network.PortOf(to, 1)}");
        await attempt.WaitForExitAsync();
        return attempt.ExitCode == 0;
    }

    private Process Start(int party, params string[] command)
    {
        string[] all = [.. _network.Within(party), .. command];
        return Process.Start(new ProcessStartInfo(all[0], all[1..]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
    }

    private sealed record Listener(Process Process) : IDisposable
    {
        public void Dispose()
        {
            Process.Kill();
            Process.Dispose();
        }
    }
}
