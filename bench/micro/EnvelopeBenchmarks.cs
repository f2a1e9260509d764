using BenchmarkDotNet.Attributes;
using Signaling.Actors.Protocol;
using Signaling.Bench.Micro.InMemory;

namespace Signaling.Bench.Micro;

/// <summary>What the bytes of a message cost: reading where its envelope lies, and making of them what the recipient gets.</summary>
public class EnvelopeBenchmarks
{
    private const int Times = 1_000;
    private byte[] _json = [];
    private byte[] _buffer = [];
    private byte[] _from = [];

    /// <summary>What is sent.</summary>
    [ParamsAllValues] public Message Message { get; set; }

    /// <summary>Makes the message.</summary>
    [GlobalSetup]
    public void Make()
    {
        _from = RelaySplice.FromMember(Samples.Peer("alice"));
        _json = Message == Message.Candidate ? Samples.Candidate("bob") : Samples.Offer("bob");
        _buffer = Samples.WithRoom(_json);
    }

    /// <summary>Reads the envelope.</summary>
    [Benchmark]
    public int Scan()
    {
        Envelope.TryRead(_json, out var envelope);
        return envelope.Close;
    }

    /// <summary>Sets <c>from</c> in the buffer of a message that was read before, again and again.</summary>
    [Benchmark(OperationsPerInvoke = Times)]
    public int Splice()
    {
        Envelope.TryRead(_buffer.AsSpan(0, _json.Length), out var envelope);
        var bytes = 0;
        for (var i = 0; i < Times; i++) bytes += RelaySplice.Apply(envelope, _buffer, _from, TimeProvider.System).Length;
        return bytes;
    }
}

/// <summary>What a client sends.</summary>
public enum Message
{
    /// <summary>200 bytes.</summary>
    Candidate,

    /// <summary>4 KB.</summary>
    Offer,
}
