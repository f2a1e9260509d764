using Microsoft.Extensions.Logging;

namespace Signaling.Fuzz.Node;

/// <summary>What no stranger may bring about: errors in the log, and lines that somebody's id has broken.</summary>
/// <remarks>A warning is none: two clients that keep replacing each other deserve it.</remarks>
internal sealed class Complaints : ILogger
{
    private const int MostChars = 1_000;

    private readonly List<string> _lines = [];

    public bool IsEmpty => _lines.Count == 0;

    public void Add(string line) => _lines.Add(line);

    public override string ToString() => string.Join('\n', _lines);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var line = formatter(state, exception);
        if (logLevel >= LogLevel.Error || line.Length > MostChars || line.Any(char.IsControl)) Add($"{logLevel}: {line} {exception}");
    }
}
