using System.Diagnostics.Metrics;
using Signaling.Actors.Stats;

namespace Signaling.Actors.Tests.Testing;

/// <summary>What one node's instruments say, to one listener.</summary>
internal sealed class Measurements : IMeterFactory
{
    private readonly MeterListener _listener = new();
    private Meter? _meter;
    private readonly Dictionary<string, long> _sums = [];
    private readonly List<KeyValuePair<string, object?>> _tags = [];

    public Measurements()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == this) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            _sums[instrument.Name] = instrument.IsObservable ? value : _sums.GetValueOrDefault(instrument.Name) + value;
            _tags.AddRange(tags);
        });
        _listener.Start();
    }

    /// <summary>Every tag of every measurement so far.</summary>
    public IReadOnlyList<KeyValuePair<string, object?>> Tags => _tags;

    /// <summary>An instrument's value now; of a counter that nothing was added to, null.</summary>
    public long? this[string instrument]
    {
        get
        {
            _listener.RecordObservableInstruments();
            return _sums.TryGetValue(instrument, out var sum) ? sum : null;
        }
    }

    public Meter Create(MeterOptions options)
    {
        Assert.Equal(SignalingMetrics.MeterName, options.Name);
        return _meter = new Meter(new MeterOptions(options.Name) { Scope = this });
    }

    public void Dispose()
    {
        _listener.Dispose();
        _meter?.Dispose();
    }
}
