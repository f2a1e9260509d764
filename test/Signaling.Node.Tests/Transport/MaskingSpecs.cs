using System.Runtime.InteropServices;
using CsCheck;
using Signaling.AspNetCore.Transport;

namespace Signaling.Node.Tests.Transport;

/// <summary>RFC 6455 §5.3: byte i is XORed with key byte i mod 4.</summary>
public sealed class MaskingSpecs
{
    [Theory]
    [InlineData(0, "7F9F4D5158")]                                   // the RFC's own example
    [InlineData(1, "B244515B95")]
    [InlineData(2, "69585B964E")]
    [InlineData(3, "7552964D52")]
    [InlineData(4, "7F9F4D5158")]
    public void Hello_is_masked_from_any_offset(long offset, string expected)
    {
        var data = "Hello"u8.ToArray();

        Masking.Apply(data, Key([0x37, 0xFA, 0x21, 0x3D]), offset);

        Assert.Equal(expected, Convert.ToHexString(data));
    }

    [Fact]
    public void Any_slice_is_masked_as_by_a_loop_and_nothing_beside_it()
    {
        Gen.Select(Gen.Byte.Array[0, 300], Gen.Byte.Array[4], Gen.Long[0, 5_000_000_000], Gen.Int[0, 40], Gen.Int[0, 40]).Sample(
            (data, key, offset, skip, drop) =>
            {
                var (start, end) = (Math.Min(skip, data.Length), Math.Max(Math.Min(skip, data.Length), data.Length - drop));
                var expected = data.ToArray();
                for (var i = start; i < end; i++) expected[i] ^= key[(int)((offset + i - start) % 4)];

                Masking.Apply(data.AsSpan(start..end), Key(key), offset);

                Assert.Equal(expected, data);
            },
            iter: 10_000);
    }

    private static uint Key(byte[] inFrame) => MemoryMarshal.Read<uint>(inFrame);
}
