using System.Globalization;
using System.Text.Json;
using CsCheck;
using Signaling.Actors.Protocol;
using Signaling.Actors.Tests.Testing;
using Signaling.Cluster.Tests.Simulation;

namespace Signaling.Cluster.Tests.Mailboxes;

/// <summary>Senders and recipients on the nodes of a cluster, whose mailboxes move, stop, and die with their node. The reference: what a node that lives has taken reaches its recipient, what a
/// sender sent arrives in the order sent, each receipt is answered once, and in the end nobody keeps anything.</summary>
public sealed class ClusterProperties
{
    private enum Act
    {
        Send, SendMany, Attach, AttachMute, AttachAcks, Ack, Vanish, Close, Move, Kill, Join, Wait, WaitLong, StopIdle, LoseQuestions, SlowLinks, SlowStore, FailStore, FailMailbox,
    }

    private static readonly Gen<Act> Any = Gen.Frequency(
        (10, Gen.Const(Act.Send)), (2, Gen.Const(Act.SendMany)),
        (3, Gen.Const(Act.Attach)), (1, Gen.Const(Act.AttachMute)), (1, Gen.Const(Act.AttachAcks)), (2, Gen.Const(Act.Ack)), (2, Gen.Const(Act.Vanish)), (1, Gen.Const(Act.Close)),
        (4, Gen.Const(Act.Move)), (1, Gen.Const(Act.Kill)), (1, Gen.Const(Act.Join)),
        (6, Gen.Const(Act.Wait)), (2, Gen.Const(Act.WaitLong)), (1, Gen.Const(Act.StopIdle)),
        (1, Gen.Const(Act.LoseQuestions)), (1, Gen.Const(Act.SlowLinks)), (1, Gen.Const(Act.SlowStore)), (1, Gen.Const(Act.FailStore)), (1, Gen.Const(Act.FailMailbox)));

    /// <summary>Nodes live, and clients go with a word.</summary>
    private static readonly Gen<Act> Orderly = Gen.Frequency(
        (10, Gen.Const(Act.Send)), (2, Gen.Const(Act.SendMany)), (4, Gen.Const(Act.Attach)), (6, Gen.Const(Act.Move)), (1, Gen.Const(Act.Join)),
        (6, Gen.Const(Act.Wait)), (2, Gen.Const(Act.WaitLong)), (1, Gen.Const(Act.StopIdle)), (1, Gen.Const(Act.LoseQuestions)), (1, Gen.Const(Act.SlowLinks)), (1, Gen.Const(Act.SlowStore)));

    [Fact]
    public void What_was_taken_arrives_in_order_and_nothing_is_kept() => Sample(Any, isOrderly: false);

    [Fact]
    public void Nothing_arrives_twice_where_nodes_live_and_clients_say_what_they_have() => Sample(Orderly, isOrderly: true);

    private static void Sample(Gen<Act> acts, bool isOrderly) => Gen.Select(acts, Gen.Int[0, 1_000]).Array[1, 60].Sample(
        steps =>
        {
            using var run = new Run(isOrderly);
            run.Holds(steps);
        },
        iter: 150, threads: 1, print: steps => string.Join(' ', steps));

    private sealed class Run : SimulatedCluster
    {
        private static readonly string[] Recipients = ["bob", "carol"];
        private readonly bool _isOrderly;
        private readonly Dictionary<string, List<InMemorySocket>> _sockets = Recipients.ToDictionary(peer => peer, _ => new List<InMemorySocket>());
        private readonly Dictionary<(string Sender, string To), List<int>> _arrived = [];
        private readonly List<Sender> _senders = [];
        private bool _hasFailed;

        public Run(bool isOrderly)
        {
            _isOrderly = isOrderly;
            for (var i = 0; i < 3; i++) Join();
        }


        public void Holds((Act Act, int At)[] steps)
        {
            foreach (var (act, at) in steps) Take(act, at);
            Drain();

            foreach (var sender in _senders)
            {
                Assert.True(sender.IsDead || sender.CloseFrame is null);
                foreach (var to in Recipients) AssertArrived(sender, to);
                if (!sender.IsDead) AssertAnswers(sender);
            }
            AssertNothingIsKept();
        }

        private void Take(Act act, int at)
        {
            var (to, node) = (Recipients[at % 2], Nodes[at / 2 % Nodes.Count]);
            var socket = _sockets[to].LastOrDefault(socket => !socket.IsGone);
            switch (act)
            {
                case Act.Send: SenderOn(node).Send(to, wantsReceipt: at % 3 == 0); break;
                case Act.SendMany:
                    for (var i = 0; i < 20; i++) SenderOn(node).Send(to, wantsReceipt: at % 3 == 0);
                    break;
                case Act.Attach: Attach(node, to); break;
                case Act.AttachMute: Attach(node, to, confirms: false); break;
                case Act.AttachAcks: Attach(node, to, ""","acks":true"""); break;
                case Act.Ack when socket is not null: Ack(socket); break;
                case Act.Vanish: socket?.Vanish(); break;
                case Act.Close when socket is not null:
                    socket.Closes(CloseCode.Normal);
                    socket.Vanish();
                    break;
                case Act.Move: Move(NodeSpecs.Peer(to), node); break;
                case Act.Kill when Nodes.Count > 2: Kill(node); break;
                case Act.Join when Nodes.Count < 4: Join(); break;
                case Act.Wait: Pass(TimeSpan.FromMilliseconds(at % 100)); break;
                case Act.WaitLong: Pass(TimeSpan.FromSeconds(at % 10)); break;
                case Act.StopIdle:
                    LosesQuestions = false;
                    Pass(TimeSpan.FromMinutes(2));
                    break;
                case Act.LoseQuestions: LosesQuestions = !LosesQuestions; break;
                case Act.SlowLinks: LinkDelay = LinkDelay is null ? TimeSpan.FromMilliseconds(at % (_isOrderly ? 200 : 1_000)) : null; break; // connections have a second to say what they have
                case Act.SlowStore: Store.Latency = Store.Latency == TimeSpan.Zero ? TimeSpan.FromMilliseconds(at % 200) : TimeSpan.Zero; break;
                case Act.FailStore when !_hasFailed: FailStore(node, TimeSpan.FromSeconds(at % 5)); break;
                case Act.FailMailbox when Mailbox(NodeSpecs.Peer(to)) is { } mailbox && Nodes.All(node => node.Disk.Failing == 0): // both at once may lose what is in memory
                    Fail(mailbox);
                    _hasFailed = true;
                    break;
            }
        }

        private Sender SenderOn(SimulatedNode node)
        {
            if (_senders.Find(sender => sender.Node == node) is { } known) return known;
            LosesQuestions = false;                                 // who waits a minute for its registration is sent away
            var name = $"sender-{_senders.Count}";
            var sender = new Sender(name, node, Register(node, name));
            _senders.Add(sender);
            return sender;
        }

        private void Attach(SimulatedNode node, string peer, string more = "", bool confirms = true)
        {
            var socket = Connect(node, confirms: confirms, onReceived: json => Read(peer, json));
            _sockets[peer].Add(socket);
            socket.Says($$"""{"type":"register","peerId":"{{peer}}"{{more}}}""");
        }

        private static void Ack(InMemorySocket socket)
        {
            var seqs = from json in socket.Received
                       let message = JsonDocument.Parse(json).RootElement
                       where message.TryGetProperty("seq", out _)
                       select message.GetProperty("seq").GetInt64();
            if (seqs.LastOrDefault() is var seq and > 0) socket.Says($$"""{"type":"ack","seq":{{seq}}}""");
        }

        private void Read(string to, string json)
        {
            var message = JsonDocument.Parse(json).RootElement;
            if (message.TryGetProperty("originalMessage", out var original)) message = original;
            if (!message.TryGetProperty("n", out var n)) return;
            var key = (message.GetProperty("from").GetString()!, to);
            if (!_arrived.TryGetValue(key, out var numbers)) _arrived[key] = numbers = [];
            numbers.Add(n.GetInt32());
        }

        /// <summary>Everything mends, and healthy recipients come and stay.</summary>
        private void Drain()
        {
            LosesQuestions = false;
            (LinkDelay, Store.Latency) = (null, TimeSpan.Zero);
            Pass(TimeSpan.FromSeconds(15));
            for (var i = 0; i < Recipients.Length; i++) Attach(Nodes[i], Recipients[i]);
            Pass(TimeSpan.FromSeconds(15));
        }

        private void AssertArrived(Sender sender, string to)
        {
            var arrived = _arrived.GetValueOrDefault((sender.Name, to), []);
            if (_isOrderly) Assert.Equal(sender.Sent(to), arrived);
            var once = arrived.Distinct().ToArray();
            Assert.Equal(once.Order(), once);
            if (!sender.IsDead) Assert.Equal(sender.Sent(to).Except(sender.Refused(to)), once.Except(sender.Refused(to)));
        }

        private void AssertAnswers(Sender sender)
        {
            var answers = sender.Answers().ToArray();
            var expected = sender.Receipts.Order(StringComparer.Ordinal).ToArray();
            // A mailbox that fails while the store is slow may forget who waits for a receipt.
            if (!_hasFailed) Assert.Equal(expected, answers.Where(answer => answer.Id.StartsWith('r')).Select(answer => answer.Id).Order(StringComparer.Ordinal));
            Assert.All(answers.GroupBy(answer => answer.Id), group => Assert.Single(group));
        }

        private void AssertNothingIsKept()
        {
            foreach (var node in Nodes)
            {
                Assert.Equal(0, node.Mailboxes.KeptBytes);
                Assert.All(node.Links, link => Assert.Equal(0, link.Link.WaitingBytes));
            }
            foreach (var node in Nodes)
            {
                foreach (var socket in node.Sockets.ToArray())
                {
                    socket.Closes(CloseCode.Normal);
                    socket.Vanish();
                }
            }
            Pass(TimeSpan.FromMinutes(5));
            string[] peers = [.. Recipients, .. _senders.Select(sender => sender.Name)];
            foreach (var node in Nodes)
            {
                Assert.All(peers, peer => Assert.Null(node.Mailboxes.Find(NodeSpecs.Peer(peer))));
                Assert.All(peers, peer => Assert.Null(node.Mailbox(NodeSpecs.Peer(peer))));
            }
            Assert.Equal(0, Store.Totals.Messages);
        }
    }

    /// <summary>A client that sends numbered messages; its node is its life.</summary>
    private sealed class Sender(string name, SimulatedNode node, InMemorySocket socket)
    {
        private readonly Dictionary<string, List<int>> _sent = [];
        private readonly Dictionary<string, (string To, int N)> _ids = [];

        public string Name => name;

        public SimulatedNode Node => node;

        public bool IsDead => node.IsDead;

        public object? CloseFrame => socket.CloseFrame;

        public List<string> Receipts { get; } = [];

        public List<int> Sent(string to) => _sent.GetValueOrDefault(to, []);

        public void Send(string to, bool wantsReceipt)
        {
            if (!_sent.TryGetValue(to, out var numbers)) _sent[to] = numbers = [];
            var n = numbers.Count + 1;
            numbers.Add(n);
            var id = string.Create(CultureInfo.InvariantCulture, $"{(wantsReceipt ? 'r' : 'm')}-{to}-{n}");
            _ids[id] = (to, n);
            if (wantsReceipt) Receipts.Add(id);
            socket.Says($$"""{"type":"offer","to":"{{to}}","id":"{{id}}"{{(wantsReceipt ? ""","receipt":true""" : "")}},"n":{{n}}}""");
        }

        /// <summary>What it was told of its messages.</summary>
        public IEnumerable<(string Id, string Answer)> Answers() =>
            from json in socket.Received
            let answer = JsonDocument.Parse(json).RootElement
            let type = answer.GetProperty("type").GetString()!
            where type is "receipt" or "error" or "peer-offline"
            let id = answer.GetProperty(type == "peer-offline" ? "messageId" : "id").GetString()!
            select (id, type == "receipt" ? answer.GetProperty("status").GetString()! : type == "error" ? answer.GetProperty("code").GetString()! : type);

        /// <summary>It was told that these are not taken.</summary>
        public IEnumerable<int> Refused(string to) =>
            from answer in Answers()
            where answer.Answer is "store-unavailable" or "recipient-busy" or "mailbox-quota" && _ids[answer.Id].To == to
            select _ids[answer.Id].N;
    }
}
