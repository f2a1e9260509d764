namespace Signaling.Fuzz.Engine;

/// <summary>Watches for an input that takes too long. What hangs cannot be ended in .NET but with the process.</summary>
internal sealed class Watchdog : IDisposable
{
    private readonly FuzzRun _run;
    private readonly Action<ReadOnlyMemory<byte>> _hangs;
    private readonly Timer _timer;
    private long _seen = -1;

    /// <param name="run">What is watched.</param>
    /// <param name="patience">So long an input may take, twice as long at most.</param>
    /// <param name="hangs">Told which input it is.</param>
    public Watchdog(FuzzRun run, TimeSpan patience, Action<ReadOnlyMemory<byte>> hangs)
    {
        (_run, _hangs) = (run, hangs);
        _timer = new Timer(_ => Look(), null, patience, patience);
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        if (_run.Inputs == _seen) _hangs(_run.Current);
        _seen = _run.Inputs;
    }
}
