using CsCheck;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Cluster.Tests.Presence;

/// <summary>Whatever happens to three nodes and their peers, and in whatever order the nodes hear of it: at the end all of them list those who are here, and whoever watched them was never
/// told the same twice in a row.</summary>
public sealed class ReplicaProperties : VirtualCluster
{
    private const int Peers = 4;
    private static readonly TimeSpan[] Delays = [TimeSpan.Zero, TimeSpan.FromMilliseconds(40), TimeSpan.FromMilliseconds(700)];

    [Fact]
    public void Every_node_ends_up_knowing_who_is_here() => Gen.Select(Gen.Int[0, 13], Gen.Int[0, Peers - 1], Gen.Int[0, 2], Gen.Int[0, 7_000]).Array[0, 40].Sample(
        steps =>
        {
            var run = new Run(this);
            foreach (var (what, peer, node, number) in steps) run.Do(what, $"peer-{peer}", node, number);
            run.AssertAgreement();
        },
        iter: 400, threads: 1);

    /// <summary>One history.</summary>
    private sealed class Run
    {
        private readonly VirtualCluster _cluster;
        private readonly List<VirtualNode> _nodes;
        private readonly Dictionary<VirtualNode, InMemorySocket> _observers = [];
        private readonly Dictionary<string, (VirtualNode Node, long Epoch)> _here = [];
        private readonly List<(VirtualNode Node, string Peer, long Epoch)> _replaced = []; // and have not said so yet
        private long _epoch;

        public Run(VirtualCluster cluster)
        {
            _cluster = cluster;
            foreach (var old in cluster.Nodes.ToArray()) cluster.Lose(old);
            _nodes = [cluster.Join(), cluster.Join(), cluster.Join()];
            foreach (var node in _nodes) Observe(node);
        }

        public void Do(int what, string peer, int index, int number)
        {
            var node = _nodes[index];
            switch (what)
            {
                case 0 or 1 or 2 or 3 or 4:                         // it comes, or takes over
                    if (_here.TryGetValue(peer, out var before)) _replaced.Add((before.Node, peer, before.Epoch));
                    _here[peer] = (node, ++_epoch);
                    node.Online(peer, _epoch);
                    break;
                case 5 or 6:
                    if (_here.Remove(peer, out var left)) left.Node.Offline(peer, left.Epoch);
                    break;
                case 7 or 8:
                    TellReplaced(number);
                    break;
                case 9 or 10:
                    _cluster.AdvanceBy(TimeSpan.FromMilliseconds(number / (what == 9 ? 1 : 100)));
                    break;
                case 11:                                            // a node is slow to read
                    var link = node.Links[number % node.Links.Count];
                    if (link.IsStuck) link.ReadOn();
                    else link.IsStuck = true;
                    break;
                case 12:
                    _cluster.Delay = Delays[number % Delays.Length];
                    break;
                default:
                    Lose(index);
                    break;
            }
        }

        public void AssertAgreement()
        {
            while (_replaced.Count > 0) TellReplaced(0);
            foreach (var link in _nodes.SelectMany(node => node.Links)) link.ReadOn();
            _cluster.AdvanceBy(TimeSpan.FromSeconds(30));

            var here = _here.Keys.Order(StringComparer.Ordinal).ToArray();
            foreach (var node in _nodes)
            {
                Assert.Equal(here, node.Listed().Where(IsPlayed));
                Assert.Equal(_observers.Count + here.Length, node.Listed().Length);
                Assert.Equal(_here.Values.Count(at => at.Node == node) + 1, node.Metrics.Peers);
                var told = _observers[node].PresenceLog.Where(IsPlayed).ToLookup(line => line.Split(' ')[0], line => line.Split(' ')[1]);
                foreach (var (peer, log) in told.Select(peer => (peer.Key, peer.ToArray())))
                {
                    Assert.DoesNotContain(log.Zip(log.Skip(1)), pair => pair.First == pair.Second);
                    Assert.Equal(_here.ContainsKey(peer) ? "online" : "offline", log[^1]);
                }
            }
        }

        private static bool IsPlayed(string peer) => peer.StartsWith("peer-", StringComparison.Ordinal);

        private void Observe(VirtualNode node) => _observers[node] = node.Observe();

        private void TellReplaced(int number)
        {
            if (_replaced.Count == 0) return;
            var (node, peer, epoch) = _replaced[number % _replaced.Count];
            _replaced.RemoveAt(number % _replaced.Count);
            node.Offline(peer, epoch, isReplaced: true);
        }

        /// <summary>Another node takes its place.</summary>
        private void Lose(int index)
        {
            var lost = _nodes[index];
            _cluster.Lose(lost);
            _observers.Remove(lost);
            _replaced.RemoveAll(entry => entry.Node == lost);
            foreach (var (peer, _) in _here.Where(entry => entry.Value.Node == lost).ToArray()) _here.Remove(peer);
            _nodes[index] = _cluster.Join();
            Observe(_nodes[index]);
        }
    }
}
