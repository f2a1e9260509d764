using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Signaling.ClusterFaults.Processes;

/// <summary>A network namespace for each party, all on one bridge, at which this process, with the clients, has an address of its own: it reaches everybody whatever is cut.</summary>
/// <remarks>
/// What one party sends to another is cut by a permanent neighbour entry that names a link address nobody has. So packets are lost in silence, as on a broken path: no socket is told, and established
/// connections find out by their own timers. It takes nothing of the kernel but namespaces, veth and a bridge.
/// </remarks>
internal sealed class Namespaces : Network
{
    private const string Prefix = "sgn";
    private const string Nobody = "02:00:00:00:00:00";

    private static int _made;

    private readonly int _number = Interlocked.Increment(ref _made);
    private readonly int _parties;
    private readonly HashSet<(int From, int To)> _cut = [];

    private Namespaces(int parties) => _parties = parties;

    /// <summary>Interfaces have names of at most 15 characters.</summary>
    private string Bridge => $"{Prefix}{Environment.ProcessId}{(char)('a' + _number % 26)}";

    /// <summary>Of the range for benchmarks of networks (RFC 2544); each has another part.</summary>
    private string Subnet => $"198.{18 + (Environment.ProcessId >> 6 & 1)}.{(Environment.ProcessId * 4 + _number) & 255}";

    /// <summary>Whether this machine lets this process make them.</summary>
    /// <returns>Why not; null where it does.</returns>
    public static async Task<string?> WhyNotAsync()
    {
        try
        {
            await using var one = await CreateAsync(parties: 1);
            return null;
        }
        catch (Exception refusal) when (refusal is InvalidOperationException or Win32Exception)
        {
            return $"network namespaces cannot be made here (they take iproute2, root or CAP_SYS_ADMIN with CAP_NET_ADMIN, and a kernel with veth and bridges): {refusal.Message}";
        }
    }

    /// <param name="parties">How many, numbered from 0.</param>
    public static async Task<Namespaces> CreateAsync(int parties)
    {
        await RemoveAbandonedAsync();
        var namespaces = new Namespaces(parties);
        try
        {
            await IpAsync($"link add {namespaces.Bridge} type bridge");
            await IpAsync($"addr add {namespaces.Subnet}.1/24 dev {namespaces.Bridge}");
            await IpAsync($"link set {namespaces.Bridge} up");
            for (var party = 0; party < parties; party++) await namespaces.AddAsync(party);
            return namespaces;
        }
        catch
        {
            await namespaces.DisposeAsync();
            throw;
        }
    }

    public override string AddressOf(int party) => $"{Subnet}.{10 + party}";

    public override IReadOnlyList<string> Within(int party) => ["ip", "netns", "exec", NameOf(party)];

    /// <remarks>In a namespace of its own every port is free.</remarks>
    public override int PortOf(int party, int number) => 9_000 + number;

    /// <summary>Cuts what goes from any of these to any of those; what comes back arrives.</summary>
    public async Task CutAsync(IReadOnlyCollection<int> these, IReadOnlyCollection<int> those)
    {
        foreach (var (source, target) in from source in these from target in those where source != target && _cut.Add((source, target)) select (source, target))
        {
            await IpAsync($"-n {NameOf(source)} neigh replace {AddressOf(target)} lladdr {Nobody} dev eth0 nud permanent");
        }
    }

    /// <summary>Cuts both ways.</summary>
    public async Task PartAsync(IReadOnlyCollection<int> some, IReadOnlyCollection<int> others)
    {
        await CutAsync(some, others);
        await CutAsync(others, some);
    }

    /// <summary>Whatever was cut works again.</summary>
    public async Task HealAsync()
    {
        foreach (var (from, to) in _cut) await IpAsync($"-n {NameOf(from)} neigh del {AddressOf(to)} dev eth0");
        _cut.Clear();
    }

    /// <summary>Delays all that a party sends.</summary>
    /// <exception cref="InvalidOperationException">This kernel has no <c>netem</c>.</exception>
    public Task DelayAsync(int party, TimeSpan delay) =>
        RunAsync("tc", $"-n {NameOf(party)} qdisc replace dev eth0 root netem delay {delay.TotalMilliseconds.ToString(CultureInfo.InvariantCulture)}ms");

    public override async ValueTask DisposeAsync() => await RemoveAsync(Bridge, Enumerable.Range(0, _parties).Select(NameOf));

    private string NameOf(int party) => $"{Bridge}-{party}";

    private async Task AddAsync(int party)
    {
        var (name, outside) = (NameOf(party), $"{Bridge}p{party}");
        await IpAsync($"netns add {name}");
        await IpAsync($"link add {outside} type veth peer name eth0 netns {name}");
        await IpAsync($"link set {outside} master {Bridge} up");
        await IpAsync($"-n {name} addr add {AddressOf(party)}/24 dev eth0");
        await IpAsync($"-n {name} link set eth0 up");
        await IpAsync($"-n {name} link set lo up");
    }

    /// <summary>Those of a process that was killed.</summary>
    private static async Task RemoveAbandonedAsync()
    {
        var names = (await RunAsync("ip", "netns list")).Split('\n').Select(line => line.Split(' ')[0]).Where(name => name.StartsWith(Prefix, StringComparison.Ordinal));
        foreach (var abandoned in names.GroupBy(name => name.Split('-')[0]))
        {
            if (!Directory.Exists($"/proc/{abandoned.Key[Prefix.Length..^1]}")) await RemoveAsync(abandoned.Key, abandoned);
        }
    }

    private static async Task RemoveAsync(string bridge, IEnumerable<string> names)
    {
        foreach (var name in names.Where(name => File.Exists($"/run/netns/{name}"))) await IpAsync($"netns del {name}");
        if (Directory.Exists($"/sys/class/net/{bridge}")) await IpAsync($"link del {bridge}");
    }

    private static Task<string> IpAsync(string arguments) => RunAsync("ip", arguments);

    private static async Task<string> RunAsync(string program, string arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? await output : throw new InvalidOperationException($"{program} {arguments}: {(await errors).Trim()}");
    }
}
