using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Signaling.AspNetCore.Transport;

namespace Signaling.Node.Tests.Transport;

/// <summary>What a <see cref="FrameReader"/> makes of its reads, in words: "message abc", "ping x", "close 1000", "violation 1002".</summary>
internal sealed class FrameLog(int maxMessageBytes = FrameLog.Limit)
{
    public const int Limit = 1_000_000;

    private readonly FrameReader _reader = new(maxMessageBytes);
    private readonly List<FrameEvent> _events = [];

    public string[] Events => [.. _events.Select(Describe)];

    public bool IsBroken => _events is [.., { Kind: FrameEventKind.Violation }];

    public int LongestMessage => _events.Where(e => e.Kind == FrameEventKind.Message).Select(e => e.Payload.Length).DefaultIfEmpty().Max();

    /// <summary>What the frames amount to, in one read and in reads of one byte, which must be the same.</summary>
    public static string[] Read(params byte[][] frames) => Read(Limit, frames);

    public static string[] Read(int maxMessageBytes, params byte[][] frames)
    {
        byte[] stream = [.. frames.SelectMany(frame => frame)];
        var whole = new FrameLog(maxMessageBytes).Add(stream);
        var single = new FrameLog(maxMessageBytes);
        foreach (var one in stream) single.Add(one);

        Assert.Equal(whole.Events, single.Events);
        return whole.Events;
    }

    /// <summary>One read. Its buffer is overwritten afterwards, as a pooled one is, and nothing is read behind a violation.</summary>
    public FrameLog Add(params ReadOnlySpan<byte> bytes)
    {
        var buffer = bytes.ToArray();
        ReadOnlySpan<byte> rest = buffer;
        while (!IsBroken && _reader.TryRead(ref rest, out var result)) _events.Add(Keep(result));
        if (!IsBroken) Assert.True(rest.IsEmpty);
        Array.Fill(buffer, (byte)0xAA);
        return this;
    }

    /// <summary>A message belongs to whoever reads it; a control frame's payload only until the next read.</summary>
    private static FrameEvent Keep(FrameEvent result) =>
        result.Kind == FrameEventKind.Message ? result : result with { Buffer = result.Buffer.ToArray() };

    private static string Describe(FrameEvent result) =>
        result.Kind == FrameEventKind.Violation
            ? string.Create(CultureInfo.InvariantCulture, $"violation {(int)result.Code}")
            : Describe(result.Kind, result.Payload.Span);

    public static string Describe(FrameEventKind kind, ReadOnlySpan<byte> payload) => kind switch
    {
        FrameEventKind.Message => $"message {Text(payload)}".TrimEnd(' '),
        FrameEventKind.Ping => $"ping {Text(payload)}".TrimEnd(' '),
        FrameEventKind.Pong => $"pong {Text(payload)}".TrimEnd(' '),
        _ => $"close {Code(payload)}".TrimEnd(' '),
    };

    private static string Text(ReadOnlySpan<byte> bytes) => Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : "0x" + Convert.ToHexString(bytes);

    private static string Code(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        0 => "",
        2 => ((bytes[0] << 8) + bytes[1]).ToString(CultureInfo.InvariantCulture),
        _ => "0x" + Convert.ToHexString(bytes),
    };
}
