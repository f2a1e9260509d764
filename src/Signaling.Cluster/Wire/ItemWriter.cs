using System.Buffers.Binary;
using System.Text;
using Signaling.Actors.Messages;
using Signaling.Actors.Protocol;

namespace Signaling.Cluster.Wire;

/// <summary>Writes the items of one batch, each with its length before it. Whole numbers are LEB128, texts and bytes have their length in bytes before them.</summary>
/// <param name="capacity">Bytes that it takes before it has to grow, at least 1.</param>
internal sealed class ItemWriter(int capacity = 256)
{
    private const int LengthBytes = 4;
    private byte[] _bytes = new byte[capacity];
    private int _item;

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, Length);

    public void Begin(ItemKind kind)
    {
        _item = Length;
        Reserve(LengthBytes + 1);
        Length += LengthBytes;
        _bytes[Length++] = (byte)kind;
    }

    public void End() => BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(_item), Length - _item - LengthBytes);

    public void Write(bool value)
    {
        Reserve(1);
        _bytes[Length++] = value ? (byte)1 : (byte)0;
    }

    /// <param name="value">Not negative.</param>
    public void Write(long value)
    {
        Reserve(10);
        var rest = (ulong)value;
        for (; rest >= 0x80; rest >>= 7) _bytes[Length++] = (byte)(rest | 0x80);
        _bytes[Length++] = (byte)rest;
    }

    public void Write(Epoch epoch)
    {
        Write(epoch.Generation);
        Write(epoch.Registration);
    }

    public void Write(PeerId peer) => Write(peer.Value);

    public void Write(string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        Write(length);
        Reserve(length);
        Length += Encoding.UTF8.GetBytes(text, _bytes.AsSpan(Length));
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        Write(bytes.Length);
        Reserve(bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(Length));
        Length += bytes.Length;
    }

    private void Reserve(int count)
    {
        if (_bytes.Length - Length < count) Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, Length + count));
    }
}
