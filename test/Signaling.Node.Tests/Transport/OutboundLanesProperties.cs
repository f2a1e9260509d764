using CsCheck;
using Signaling.AspNetCore.Transport;

namespace Signaling.Node.Tests.Transport;

/// <summary>Any sequence of operations on the lanes does what three plain lists would do.</summary>
public sealed class OutboundLanesProperties
{
    private enum Do
    {
        Send,
        Deliver,
        Ping,
        Presence,
        Take,
        Close,
        CloseNow,
    }

    [Fact]
    public void Lanes_behave_as_plain_lists()
    {
        Operations().Sample(
            operations =>
            {
                var (lanes, model, presence) = (new OutboundLanes(), new Model(), new QueuedPresence());
                lanes.Follow(presence);
                foreach (var (kind, size) in operations)
                {
                    Apply(lanes, model, presence, kind, size);
                    Assert.Equal(model.IsEmpty, lanes.IsEmpty);
                    Assert.Equal(!model.HasCounted, lanes.Bytes == 0);
                    Assert.InRange(lanes.Bytes, model.CountedBytes, long.MaxValue);
                }

                while (!lanes.IsEmpty) TakeOne(lanes, model);
                Assert.Equal(0, lanes.Bytes);
                Assert.True(model.IsEmpty);
                TakeOne(lanes, model);
            },
            iter: 5_000);
    }

    private static Gen<(Do Kind, int Size)[]> Operations() => Gen.Select(
        Gen.Frequency((3, Gen.Const(Do.Send)), (4, Gen.Const(Do.Deliver)), (4, Gen.Const(Do.Ping)), (6, Gen.Const(Do.Presence)), (8, Gen.Const(Do.Take)), (1, Gen.Const(Do.Close)), (1, Gen.Const(Do.CloseNow))),
        Gen.Int[0, 20]).Array[0, 60];

    private static void Apply(OutboundLanes lanes, Model model, QueuedPresence presence, Do kind, int size)
    {
        var payload = new byte[size];
        switch (kind)
        {
            case Do.Send:
                model.Send(payload);
                lanes.Send(payload);
                break;
            case Do.Deliver:
                Assert.Equal(model.Deliver(payload), lanes.Deliver(payload));
                break;
            case Do.Ping:
                model.Ping(payload);
                lanes.SendControl(Opcode.Ping, payload);
                break;
            case Do.Presence:
                model.Presence(payload);
                presence.Add(payload);
                break;
            case Do.Take:
                TakeOne(lanes, model);
                break;
            default:
                model.Close(payload, kind == Do.CloseNow);
                if (kind == Do.CloseNow) lanes.DropDeliveries();
                lanes.Close(payload);
                break;
        }
    }

    /// <summary>The payload is the very same array: the lanes copy nothing and mix nothing up.</summary>
    private static void TakeOne(OutboundLanes lanes, Model model)
    {
        var expected = model.Take();
        Assert.Equal(expected is not null, lanes.TryTake(out var frame));
        if (expected is not { } next) return;
        Assert.Equal((next.Opcode, next.Number), (frame.Opcode, frame.Number));
        Assert.True(frame.Payload.Equals(next.Payload));
    }

    private sealed class Model
    {
        private readonly List<OutboundFrame> _control = [];
        private readonly List<OutboundFrame> _signaling = [];
        private readonly List<OutboundFrame> _presence = [];
        private readonly List<OutboundFrame> _close = [];
        private bool _isClosed;
        private long _number;

        public bool IsEmpty => _control.Count + _signaling.Count + _presence.Count + _close.Count == 0;

        public bool HasCounted => _control.Count + _signaling.Count > 0;

        public long CountedBytes => _control.Concat(_signaling).Sum(frame => frame.Payload.Length);

        public void Send(byte[] payload)
        {
            if (!_isClosed) _signaling.Add(new OutboundFrame(Opcode.Text, payload));
        }

        public long Deliver(byte[] payload)
        {
            _number++;
            if (!_isClosed) _signaling.Add(new OutboundFrame(Opcode.Text, payload, _number));
            return _number;
        }

        public void Ping(byte[] payload)
        {
            if (!_isClosed) _control.Add(new OutboundFrame(Opcode.Ping, payload));
        }

        public void Presence(byte[] payload)
        {
            if (!_isClosed) _presence.Add(new OutboundFrame(Opcode.Text, payload));
        }

        public void Close(byte[] payload, bool dropDeliveries)
        {
            if (!_isClosed) _close.Add(new OutboundFrame(Opcode.Close, payload));
            _isClosed = true;
            _presence.Clear();
            if (dropDeliveries) _signaling.RemoveAll(frame => frame.Number > 0);
        }

        public OutboundFrame? Take()
        {
            foreach (var lane in new[] { _control, _signaling, _presence, _close })
            {
                if (lane.Count > 0) return Pop(lane);
            }
            return null;
        }

        private static T Pop<T>(List<T> lane)
        {
            var first = lane[0];
            lane.RemoveAt(0);
            return first;
        }
    }
}
