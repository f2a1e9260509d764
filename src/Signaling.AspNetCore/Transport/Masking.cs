using System.Numerics;
using System.Runtime.InteropServices;

namespace Signaling.AspNetCore.Transport;

/// <summary>RFC 6455 §5.3: what a client sends is XORed with a key of four bytes, byte i with key byte i mod 4.</summary>
internal static class Masking
{
    /// <param name="data">Changed in place.</param>
    /// <param name="key">The key as its four bytes lie in the frame.</param>
    /// <param name="offset">How many bytes of the frame's payload came before.</param>
    public static void Apply(Span<byte> data, uint key, long offset)
    {
        var shift = (int)(offset & 3) * 8;
        key = BitConverter.IsLittleEndian ? BitOperations.RotateRight(key, shift) : BitOperations.RotateLeft(key, shift);

        var vectors = MemoryMarshal.Cast<byte, Vector<uint>>(data);
        var keys = new Vector<uint>(key);
        for (var i = 0; i < vectors.Length; i++) vectors[i] ^= keys;

        var rest = data[(vectors.Length * Vector<byte>.Count)..];
        var keyBytes = MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(ref key, 1));
        for (var i = 0; i < rest.Length; i++) rest[i] ^= keyBytes[i & 3];
    }
}
