using Signaling.Actors.Protocol;
using Signaling.AspNetCore.Transport;
using Signaling.Fuzz.Engine;
using static Signaling.Fuzz.Engine.FuzzFailureException;

namespace Signaling.Fuzz.Targets;

/// <summary>The reader of WebSocket frames: the same bytes mean the same, however the network cuts them.</summary>
internal sealed class FramesTarget : IFuzzTarget
{
    /// <summary>Small, so that inputs exceed it.</summary>
    private const int MaxMessageBytes = 2_000;

    public string Name => "frames";

    public IReadOnlyList<byte[]> Tokens => Engine.Tokens.Frames;

    public void Dispose()
    {
    }

    public void Run(ReadOnlySpan<byte> input, Outcomes outcomes)
    {
        var events = Read(input, cut: int.MaxValue);
        foreach (var cut in (ReadOnlySpan<int>)[1, 2, 3, 1 + (input.Length * 7 % 64)])
            Unless(events.SequenceEqual(Read(input, cut)), $"In pieces of {cut} the bytes mean something else.");

        foreach (var (kind, code, payload) in events)
        {
            Unless(kind != FrameEventKind.Message || Convert.FromHexString(payload).Length <= MaxMessageBytes, "A message is longer than it may be.");
            outcomes.Add(kind == FrameEventKind.Violation ? $"{kind} {code}: {payload}" : kind.ToString());
        }
        if (events.Count == 0) outcomes.Add("nothing whole");
    }

    private static List<(FrameEventKind Kind, CloseCode Code, string Payload)> Read(ReadOnlySpan<byte> input, int cut)
    {
        var (reader, events) = (new FrameReader(MaxMessageBytes), new List<(FrameEventKind, CloseCode, string)>());
        while (!input.IsEmpty)
        {
            var piece = input[..Math.Min(cut, input.Length)].ToArray();
            input = input[piece.Length..];
            ReadOnlySpan<byte> rest = piece;
            while (reader.TryRead(ref rest, out var result))
            {
                events.Add((result.Kind, result.Code, result.Kind == FrameEventKind.Violation ? result.Reason : Convert.ToHexString(result.Payload.Span)));
                if (result.Kind == FrameEventKind.Violation) return events;
            }
            Unless(rest.IsEmpty, "The reader has not taken all bytes.");
            piece.AsSpan().Fill(0xAA);                              // as the next read does
        }
        return events;
    }
}
