using System.Buffers.Binary;
using Signaling.Actors.Protocol;
using Signaling.Actors.Transport;

namespace Signaling.AspNetCore.Transport;

/// <summary>Reads a client's frames (RFC 6455 §5, §7.1, §8.1; no extensions) from bytes cut anywhere. Holds nothing between messages.</summary>
internal sealed class FrameReader(int maxMessageBytes)
{
    private const int MaxControlBytes = 125;

    /// <summary>A message of this size gets its memory before all of it has come: most offers are smaller.</summary>
    private const int TrustedBytes = 8_192;

    private FrameHeader _header;
    private bool _inPayload;
    private int _remaining;
    private int _offset;

    private byte[]? _message;
    private int _messageLength;
    private Opcode? _messageOpcode;
    private Utf8Progress _utf8;

    private byte[]? _control;

    /// <summary>Takes bytes from <paramref name="input"/> up to the next event.</summary>
    /// <returns>False when all of them are taken. After a <see cref="FrameEventKind.Violation"/> it must not be called again.</returns>
    public bool TryRead(ref ReadOnlySpan<byte> input, out FrameEvent result)
    {
        result = default;
        while (true)
        {
            if (!_inPayload)
            {
                if (input.IsEmpty) return false;
                _header.Take(ref input);
                if (_header.HasStart && CheckStart() is { } broken)
                {
                    result = broken;
                    return true;
                }
                if (!_header.IsComplete) continue;
                if (CheckLength() is { } tooLong)
                {
                    result = tooLong;
                    return true;
                }
                Begin();
            }

            var taken = Math.Min(_remaining, input.Length);
            var isFrameEnd = taken == _remaining;
            var violation = _header.IsControl ? TakeControl(input[..taken]) : TakeData(input[..taken], isFrameEnd);
            input = input[taken..];
            if (violation is { } wrong)
            {
                result = wrong;
                return true;
            }
            if (!isFrameEnd) return false;
            if (End() is { } whole)
            {
                result = whole;
                return true;
            }
        }
    }

    /// <summary>What the first two bytes decide; asked again for each further piece of the header, which changes nothing.</summary>
    private FrameEvent? CheckStart()
    {
        if (_header.HasReservedBits) return Broken("reserved bits are set");
        if (!_header.IsMasked) return Broken("client frames must be masked");
        switch (_header.Opcode)
        {
            case Opcode.Ping or Opcode.Pong or Opcode.Close:
                if (!_header.IsFinal) return Broken("a control frame is fragmented");
                return _header.ShortLength > MaxControlBytes ? Broken("a control frame is longer than 125 bytes") : null;
            case Opcode.Text or Opcode.Binary:
                return _messageOpcode is null ? null : Broken("a new message begins inside another");
            case Opcode.Continuation:
                return _messageOpcode is null ? Broken("a continuation without a message") : null;
            default:
                return Broken("reserved opcode");
        }
    }

    private FrameEvent? CheckLength()
    {
        if (_header.PayloadLength > long.MaxValue) return Broken("the length has its top bit set");
        if (_header.IsPadded) return Broken("the length is not spelled in the fewest bytes");
        return !_header.IsControl && _header.PayloadLength > (ulong)(maxMessageBytes - _messageLength)
            ? FrameEvent.Violation(CloseCode.MessageTooBig, "message too large")
            : null;
    }

    private void Begin()
    {
        (_inPayload, _remaining, _offset) = (true, (int)_header.PayloadLength, 0);
        if (!_header.IsControl) _messageOpcode ??= _header.Opcode;
    }

    private FrameEvent? TakeControl(ReadOnlySpan<byte> bytes)
    {
        _control ??= new byte[(int)_header.PayloadLength];
        Unmask(bytes, _control.AsSpan(_offset, bytes.Length));
        return null;
    }

    private FrameEvent? TakeData(ReadOnlySpan<byte> bytes, bool isFrameEnd)
    {
        EnsureRoom(bytes.Length);
        Unmask(bytes, _message.AsSpan(_messageLength, bytes.Length));
        _messageLength += bytes.Length;
        var isValid = _messageOpcode != Opcode.Text || _utf8.Advance(_message.AsSpan(0, _messageLength), isFrameEnd && _header.IsFinal);
        return isValid ? null : FrameEvent.Violation(CloseCode.InvalidPayload, "text is not valid UTF-8");
    }

    /// <summary>The frame is complete.</summary>
    /// <returns>Null where more frames of the message follow.</returns>
    private FrameEvent? End()
    {
        var (header, control) = (_header, _control);
        (_header, _inPayload) = (default, false);
        if (header.IsControl) _control = null;
        switch (header.Opcode)
        {
            case Opcode.Ping: return new FrameEvent(FrameEventKind.Ping, control, _offset);
            case Opcode.Pong: return new FrameEvent(FrameEventKind.Pong, control, _offset);
            case Opcode.Close: return Closing(control.AsMemory(0, _offset));
        }
        if (!header.IsFinal) return null;
        var message = new FrameEvent(FrameEventKind.Message, _message, _messageLength);
        (_message, _messageLength, _messageOpcode, _utf8) = (null, 0, null, default);
        return message;
    }

    /// <summary>RFC 6455 §5.5.1, §7.4: no body, or a code that may be sent and a reason in UTF-8.</summary>
    private static FrameEvent Closing(Memory<byte> payload)
    {
        if (payload.Length == 0) return new FrameEvent(FrameEventKind.Close);
        if (payload.Length == 1) return Broken("a close code has two bytes");
        var code = BinaryPrimitives.ReadUInt16BigEndian(payload.Span);
        if (code is not (>= 1000 and <= 1003 or >= 1007 and <= 1014 or >= 3000 and <= 4999)) return Broken("invalid close code");
        if (!System.Text.Unicode.Utf8.IsValid(payload.Span[2..])) return FrameEvent.Violation(CloseCode.InvalidPayload, "the close reason is not valid UTF-8");
        return new FrameEvent(FrameEventKind.Close, payload, Length: 2);
    }

    private void Unmask(ReadOnlySpan<byte> bytes, Span<byte> target)
    {
        bytes.CopyTo(target);
        Masking.Apply(target, _header.Key, _offset);
        _offset += bytes.Length;
        _remaining -= bytes.Length;
    }

    /// <summary>Memory follows what has arrived, not what a header announces; but most messages come in one array, with room for what a relay adds.</summary>
    private void EnsureRoom(int count)
    {
        var needed = _messageLength + count + SocketProtocol.Received.Room;
        if (_message is not null && needed <= _message.Length) return;
        var most = (_header.IsFinal ? (long)_messageLength + _remaining : maxMessageBytes) + SocketProtocol.Received.Room;
        var size = most <= TrustedBytes ? most : Math.Max(needed, Math.Min(most, 2L * (_message?.Length ?? 0)));
        var room = GC.AllocateUninitializedArray<byte>((int)size);
        _message.AsSpan(0, _messageLength).CopyTo(room);
        _message = room;
    }

    private static FrameEvent Broken(string reason) => FrameEvent.Violation(CloseCode.ProtocolError, reason);
}
