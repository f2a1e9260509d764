using System.Text.Unicode;
using CsCheck;
using Signaling.AspNetCore.Transport;

namespace Signaling.Node.Tests.Transport;

/// <summary>RFC 6455 §8.1: validation piece by piece says what validation of the whole says, and says no as soon as it is certain.</summary>
public sealed class Utf8ProgressSpecs
{
    /// <summary>One of these completes whatever can be completed.</summary>
    private static readonly byte[][] Completions = [[], [0x80], [0x80, 0x80], [0x80, 0x80, 0x80], [0xA0, 0x80], [0x90, 0x80, 0x80]];

    [Fact]
    public void Pieces_are_valid_when_the_whole_is()
    {
        Gen.Select(FrameGens.NearlyUtf8, Gen.Int[0, 40].Array[0, 6]).Sample(
            (text, cuts) =>
            {
                var progress = default(Utf8Progress);
                var isValid = true;
                foreach (var end in cuts.Where(cut => cut <= text.Length).Order()) isValid = isValid && progress.Advance(text.AsSpan(0, end), isWhole: false);
                isValid = isValid && progress.Advance(text, isWhole: true);

                Assert.Equal(Utf8.IsValid(text), isValid);
            },
            iter: 20_000);
    }

    [Fact]
    public void A_piece_fails_exactly_when_nothing_can_complete_it()
    {
        FrameGens.NearlyUtf8.Sample(
            text =>
            {
                var progress = default(Utf8Progress);
                for (var (length, isValid) = (1, true); isValid && length <= text.Length; length++)
                {
                    isValid = progress.Advance(text.AsSpan(0, length), isWhole: false);

                    Assert.Equal(Completions.Any(end => Utf8.IsValid([.. text.AsSpan(0, length), .. end])), isValid);
                }
            },
            iter: 20_000);
    }
}
