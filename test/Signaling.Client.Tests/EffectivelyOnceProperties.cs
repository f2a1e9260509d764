using System.Globalization;
using System.Text;
using System.Text.Json;
using CsCheck;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Client.Tests;

public class EffectivelyOnceProperties
{
    [Fact]
    public void Whatever_is_cut_killed_and_refused_each_message_is_processed_once_and_in_order() =>
        Gen.Enum<Step>().Array[50, 400].Sample(steps =>
        {
            var run = new Run();
            foreach (var step in steps) run.Do(step);
            run.Finish();

            Assert.Equal(Enumerable.Range(1, run.Sent), run.Processed);
        });

    public enum Step
    {
        Send, SendMore, Transmit, NodeReads, NodeReadsAndRefuses, HandOver, Process, Acknowledge, Receipt, CutSender, CutRecipient, Kill,
    }

    /// <summary>A sender, a node and a recipient that take one step at a time. The node recognises what comes again by its id until it is killed, and redelivers what was not acknowledged.</summary>
    private sealed class Run
    {
        private readonly ManualTime _time = new();
        private readonly Outbox _outbox;
        private readonly Inbox _inbox;
        private readonly Queue<PeerMessage> _ready = [];
        private readonly Queue<byte[]> _toNode = [];
        private readonly Queue<string> _receipts = [];
        private readonly HashSet<string> _known = [];
        private readonly List<(long Seq, string Id, JsonElement Json)> _line = [];
        private Acknowledgements _acknowledgements;
        private int _handed;
        private long _seq;

        public Run()
        {
            var options = new SignalingClientOptions { Server = new Uri("ws://localhost"), PeerId = "alice", Window = 8, RefusalRetries = int.MaxValue, TimeProvider = _time };
            _outbox = new Outbox(options, MessageId.NewSession);
            _inbox = new Inbox(TimeSpan.FromDays(1), _time, _ready.Enqueue);
            _acknowledgements = new Acknowledgements(_time);
        }

        public int Sent { get; private set; }

        public List<int> Processed { get; } = [];

        public void Do(Step step)
        {
            switch (step)
            {
                case Step.Send or Step.SendMore: Send(); break;
                case Step.Transmit: Transmit(); break;
                case Step.NodeReads or Step.NodeReadsAndRefuses: NodeReads(step == Step.NodeReadsAndRefuses); break;
                case Step.HandOver: HandOver(); break;
                case Step.Process: Process(); break;
                case Step.Acknowledge: Acknowledge(); break;
                case Step.Receipt: Receipt(); break;
                case Step.CutSender: CutSender(); break;
                case Step.CutRecipient: CutRecipient(); break;
                case Step.Kill: Kill(); break;
            }
        }

        /// <summary>Nothing goes wrong any more.</summary>
        public void Finish()
        {
            CutSender();
            CutRecipient();
            for (var round = 0; round < 10_000 && (_outbox.Count > 0 || Processed.Count < Sent); round++)
            {
                Step[] steps = [Step.Transmit, Step.NodeReads, Step.HandOver, Step.Process, Step.Acknowledge, Step.Receipt];
                foreach (var step in steps) Do(step);
            }
            Assert.Equal(0, _outbox.Count);
        }

        private void Send()
        {
            _outbox.Add(new OutgoingMessage("bob", Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""{"to":"bob","number":{{++Sent}}}"""))));
        }

        private void Transmit()
        {
            _time.Advance(TimeSpan.FromMinutes(1));                 // what was refused may be sent again
            while (_outbox.TakeDue() is { } frame) _toNode.Enqueue(frame);
        }

        private void NodeReads(bool refuses)
        {
            if (!_toNode.TryDequeue(out var frame)) return;
            var json = JsonDocument.Parse(frame).RootElement;
            var id = json.GetProperty("id").GetString()!;
            if (_line.Exists(waiting => waiting.Id == id)) return;  // its receipt is still to come
            if (_known.Contains(id)) _receipts.Enqueue(id);
            else if (refuses) _outbox.Refuse(id, new SignalingException("recipient-busy", ""));
            else _line.Add((++_seq, id, json));
        }

        private void HandOver()
        {
            if (_handed == _line.Count) return;
            var (seq, _, json) = _line[_handed++];
            _acknowledgements.Add(seq, _inbox.Accept(new PeerMessage(PeerMessageType.Message, "alice", json, null), seq, 1));
        }

        private void Process()
        {
            if (!_ready.TryDequeue(out var message)) return;
            Processed.Add(message.Content.GetProperty("number").GetInt32());
            Inbox.Processed(message);
        }

        private void Acknowledge()
        {
            if (_acknowledgements.TakeDue(isIdle: true) is not { } through) return;
            foreach (var (_, id, _) in _line.Where(waiting => waiting.Seq <= through))
            {
                _known.Add(id);
                _receipts.Enqueue(id);
            }
            _handed -= _line.RemoveAll(waiting => waiting.Seq <= through);
        }

        private void Receipt()
        {
            if (_receipts.TryDequeue(out var id)) _outbox.Answer(id, DeliveryStatus.Delivered);
        }

        private void CutSender()
        {
            _toNode.Clear();
            _receipts.Clear();
            _outbox.SendAgain();
        }

        private void CutRecipient()
        {
            _handed = 0;
            _acknowledgements = new Acknowledgements(_time);
        }

        private void Kill()
        {
            _known.Clear();
            _line.Clear();
            CutSender();
            CutRecipient();
        }
    }
}
