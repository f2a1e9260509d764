using System.Text.Json;
using CsCheck;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Protocol;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Mailboxes;

/// <summary>A sender that sends again what it saw no receipt of, and a recipient whose connections come, go, confirm or not, while the store fails and the process
/// is killed. The reference: every message reaches the recipient; what was accepted at once arrives in the order sent; a seq names one message for ever; each send is answered at most once.</summary>
public sealed class ReliabilityProperties
{
    private enum Step
    {
        Send, SendAgain, Attach, AttachMute, AttachAcks, Switch, Ack, Vanish, VanishOld, Close, Wait, WaitLong, FailMailboxes, FailStore, MendStore, Kill,
    }

    private static readonly Gen<Step> Steps = Gen.Frequency(
        (8, Gen.Const(Step.Send)),
        (2, Gen.Const(Step.SendAgain)),
        (2, Gen.Const(Step.Attach)),
        (2, Gen.Const(Step.AttachMute)),
        (3, Gen.Const(Step.AttachAcks)),
        (1, Gen.Const(Step.Switch)),
        (3, Gen.Const(Step.Ack)),
        (2, Gen.Const(Step.Vanish)),
        (1, Gen.Const(Step.VanishOld)),
        (1, Gen.Const(Step.Close)),
        (2, Gen.Const(Step.Wait)),
        (1, Gen.Const(Step.WaitLong)),
        (1, Gen.Const(Step.FailMailboxes)),
        (1, Gen.Const(Step.FailStore)),
        (2, Gen.Const(Step.MendStore)),
        (1, Gen.Const(Step.Kill)));

    [Fact]
    public void Everything_arrives_in_order_and_every_seq_names_one_message() => Steps.Array[1, 50].Sample(
        steps =>
        {
            using var run = new Run();
            run.Holds(steps);
        },
        iter: 200, threads: 1, print: steps => string.Join(' ', steps));

    private sealed class Run : IDisposable
    {
        private readonly InMemoryMailboxStore _disk = new();
        private readonly List<Node> _nodes = [];
        private readonly List<InMemorySocket> _bobs = [];
        private readonly Dictionary<int, int> _attempts = [];
        private readonly HashSet<int> _troubled = [];
        private readonly HashSet<int> _receipted = [];
        private InMemorySocket _alice = null!;

        public Run() => Start();

        private Node Node => _nodes[^1];

        public void Holds(Step[] steps)
        {
            foreach (var step in steps) Take(step);
            Drain();

            var received = _bobs.Select(bob => Deliveries(bob).ToArray()).ToArray();
            var all = received.SelectMany(deliveries => deliveries).ToArray();
            Assert.Equal(_attempts.Keys.Order(), all.Select(delivery => delivery.N).Distinct().Order());
            var known = new HashSet<int>();
            var news = received.Select(deliveries => deliveries.Where(delivery => known.Add(delivery.N)).ToArray()).ToArray();
            Assert.All(news, deliveries => AssertRising(deliveries.Select(delivery => delivery.N).Where(n => !_troubled.Contains(n)).ToArray()));
            Assert.All(news, deliveries => AssertRising(deliveries.Where(delivery => !_troubled.Contains(delivery.N)).Select(delivery => delivery.Seq).OfType<long>().ToArray()));
            var names = all.Where(delivery => delivery.Seq is not null).Select(delivery => (delivery.Seq, delivery.N)).Distinct().ToArray();
            Assert.Equal(names.Length, names.Select(name => name.Seq).Distinct().Count());
        }

        public void Dispose() => _nodes.ForEach(node => node.Dispose());

        private void Take(Step step)
        {
            var bob = _bobs.LastOrDefault(socket => !socket.IsGone);
            switch (step)
            {
                case Step.Send: Send(_attempts.Count + 1); break;
                case Step.SendAgain: SendAgain(); break;
                case Step.Attach: Attach(confirms: true); break;
                case Step.AttachMute: Attach(confirms: false); break;
                case Step.AttachAcks: Attach(confirms: true, ""","acks":true"""); break;
                case Step.Switch: bob?.Says($$"""{"type":"register","peerId":"bob","acks":{{(_attempts.Count % 2 == 0 ? "true" : "false")}}}"""); break;
                case Step.Ack when bob is not null: Ack(bob); break;
                case Step.Vanish: bob?.Vanish(); break;
                case Step.VanishOld: _bobs.FirstOrDefault(socket => !socket.IsGone)?.Vanish(); break;
                case Step.Close when bob is not null:
                    bob.Closes(CloseCode.Normal);
                    bob.Vanish();
                    break;
                case Step.Wait: Node.Pass(TimeSpan.FromMilliseconds(300)); break;
                case Step.WaitLong: Node.Pass(TimeSpan.FromSeconds(3)); break;
                case Step.FailMailboxes: Node.Fail(); break;
                case Step.FailStore: Node.Disk.Fails = true; break;
                case Step.MendStore: Mend(); break;
                case Step.Kill: Kill(); break;
            }
        }

        private void Start()
        {
            _nodes.Add(new Node(_disk));
            _alice = Node.Open("alice");
        }

        /// <summary>Clients return to the next process, and the sender sends again what it saw no receipt of.</summary>
        private void Kill()
        {
            Node.Disk.IsKilled = true;
            _bobs.ForEach(bob => bob.Vanish());
            CountAnswers();
            Start();
            SendAgain();
        }

        private void Mend()
        {
            Node.Disk.Fails = false;
            Node.Pass(TimeSpan.FromSeconds(2));
        }

        private void Send(int n)
        {
            _attempts[n] = _attempts.GetValueOrDefault(n) + 1;
            if (_attempts[n] > 1) _troubled.Add(n);
            _alice.Says($$"""{"type":"offer","to":"bob","id":"m{{n}}","receipt":true,"n":{{n}}}""");
        }

        private void SendAgain()
        {
            CountAnswers();
            foreach (var n in _attempts.Keys.Except(_receipted).Order().ToArray()) Send(n);
        }

        private void CountAnswers()
        {
            var answers = _alice.Received.Select(json => JsonDocument.Parse(json).RootElement).Where(json => json.TryGetProperty("id", out _)).ToArray();
            foreach (var answer in answers)
            {
                var n = int.Parse(answer.GetProperty("id").GetString()![1..], null);
                if (answer.GetProperty("type").GetString() == "receipt") _receipted.Add(n);
                else _troubled.Add(n);
            }
            Assert.All(answers.GroupBy(answer => answer.GetProperty("id").GetString()!), group => Assert.InRange(group.Count(), 1, _attempts[int.Parse(group.Key[1..], null)]));
        }

        private void Attach(bool confirms, string more = "") => _bobs.Add(Node.Open("bob", more, confirms));

        private static void Ack(InMemorySocket bob)
        {
            if (Deliveries(bob).LastOrDefault().Seq is { } seq) bob.Says($$"""{"type":"ack","seq":{{seq}}}""");
        }

        /// <summary>Everything mends; the sender goes on until all is receipted, and a healthy recipient comes and stays.</summary>
        private void Drain()
        {
            Mend();
            Node.Pass(TimeSpan.FromMinutes(2));
            Attach(confirms: true);
            Node.Pass(TimeSpan.FromSeconds(15));
            SendAgain();
            Node.Pass(TimeSpan.FromSeconds(15));
            CountAnswers();
            Assert.Equal(_attempts.Keys.Order(), _receipted.Order());
        }

        /// <summary>Of what comes for the first time: what comes again may come late, since of a store that fails while a mailbox fails nobody knows that it was delivered already.</summary>
        private static void AssertRising<T>(T[] values) => Assert.Equal(values.Order(), values);

        private static IEnumerable<(int N, long? Seq)> Deliveries(InMemorySocket socket) =>
            from json in socket.Received
            let message = JsonDocument.Parse(json).RootElement
            let relayed = message.TryGetProperty("originalMessage", out var original) ? original : message
            where relayed.TryGetProperty("n", out _)
            select (relayed.GetProperty("n").GetInt32(), message.TryGetProperty("seq", out var seq) ? seq.GetInt64() : (long?)null);
    }

    /// <summary>One process on the disk that outlives it.</summary>
    private sealed class Node : NodeSpecs
    {
        public Node(InMemoryMailboxStore disk) => Store = Disk = new KillableStore(disk);

        public KillableStore Disk { get; }

        public InMemorySocket Open(string peer, string more = "", bool confirms = true)
        {
            var socket = Connect();
            (socket.ShowsLifeAlways, socket.Confirms) = (true, confirms);
            socket.Says($$"""{"type":"register","peerId":"{{peer}}"{{more}}}""");
            return socket;
        }

        public void Pass(TimeSpan time) => Advance(time);

        public void Fail()
        {
            FailMailboxes();
            ExpectFailures();
        }
    }
}
