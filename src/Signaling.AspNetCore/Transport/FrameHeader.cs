using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Signaling.AspNetCore.Transport;

/// <summary>The header of a client's frame (RFC 6455 §5.2), collected from however many reads it comes in.</summary>
internal struct FrameHeader
{
    private const int MaxLength = 14;
    private Bytes _bytes;
    private int _length;

    public readonly bool IsFinal => (_bytes[0] & 0x80) != 0;

    public readonly bool HasReservedBits => (_bytes[0] & 0x70) != 0;

    public readonly Opcode Opcode => (Opcode)(_bytes[0] & 0x0F);

    public readonly bool IsControl => (_bytes[0] & 0x08) != 0;

    public readonly bool IsMasked => (_bytes[1] & 0x80) != 0;

    /// <summary>The length as the second byte spells it: up to 125 itself, else 126 or 127.</summary>
    public readonly int ShortLength => _bytes[1] & 0x7F;

    /// <summary>The first two bytes are there, which decide nearly everything.</summary>
    public readonly bool HasStart => _length >= 2;

    /// <summary>Every byte is there.</summary>
    public readonly bool IsComplete => HasStart && _length == Needed;

    /// <summary>The payload's length; above <see cref="long.MaxValue"/> where the top bit is set, which RFC 6455 forbids.</summary>
    public readonly ulong PayloadLength => ShortLength switch
    {
        126 => BinaryPrimitives.ReadUInt16BigEndian(_bytes[2..4]),
        127 => BinaryPrimitives.ReadUInt64BigEndian(_bytes[2..10]),
        var length => (ulong)length,
    };

    /// <summary>The length is not spelled in as few bytes as it could be, which RFC 6455 §5.2 forbids.</summary>
    public readonly bool IsPadded => (ShortLength == 126 && PayloadLength < 126) || (ShortLength == 127 && PayloadLength <= ushort.MaxValue);

    /// <summary>The masking key as its bytes lie in the frame.</summary>
    public readonly uint Key => Unsafe.ReadUnaligned<uint>(in _bytes[_length - 4]);

    private readonly int Needed => 2 + (ShortLength switch { 126 => 2, 127 => 8, _ => 0 }) + (IsMasked ? 4 : 0);

    /// <summary>Takes what it can use; stops after the second byte, so that the caller may look.</summary>
    public void Take(ref ReadOnlySpan<byte> input)
    {
        var wanted = (HasStart ? Needed : 2) - _length;
        var count = Math.Min(wanted, input.Length);
        input[..count].CopyTo(_bytes[_length..]);
        _length += count;
        input = input[count..];
    }

    [InlineArray(MaxLength)]
    private struct Bytes
    {
        private byte _first;
    }
}
