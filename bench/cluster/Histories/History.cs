using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Threading.Channels;

namespace Signaling.ClusterFaults.Histories;

/// <summary>What happens in a run, in the order in which it happens; kept for the checker, and written to a file of JSON lines. Safe for parallel use.</summary>
internal sealed class History : IAsyncDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly Lock _gate = new();
    private readonly List<HistoryEvent> _events = [];
    private readonly Channel<HistoryEvent> _lines = Channel.CreateUnbounded<HistoryEvent>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Task _writing;

    /// <param name="path">The file, which is made anew.</param>
    public History(string path) => _writing = WriteAsync(path);

    /// <summary>Nanoseconds since the run began.</summary>
    public long Now => (long)Stopwatch.GetElapsedTime(_start).TotalNanoseconds;

    /// <summary>A copy of what has happened.</summary>
    public IReadOnlyList<HistoryEvent> Events
    {
        get
        {
            lock (_gate) return [.. _events];
        }
    }

    /// <summary>It happens now.</summary>
    public void Add(HistoryEvent happening)
    {
        lock (_gate)
        {
            happening = happening with { At = Now };
            _events.Add(happening);
            _lines.Writer.TryWrite(happening);
        }
    }

    /// <summary>Reads what a run has written.</summary>
    public static async Task<IReadOnlyList<HistoryEvent>> ReadAsync(string path)
    {
        var events = new List<HistoryEvent>();
        await foreach (var line in File.ReadLinesAsync(path)) events.Add(JsonSerializer.Deserialize<HistoryEvent>(line, Json)!);
        return events;
    }

    public async ValueTask DisposeAsync()
    {
        _lines.Writer.TryComplete();
        await _writing;
    }

    private async Task WriteAsync(string path)
    {
        await using var file = new StreamWriter(path);
        await foreach (var happening in _lines.Reader.ReadAllAsync()) await file.WriteLineAsync(JsonSerializer.Serialize(happening, Json));
    }
}
