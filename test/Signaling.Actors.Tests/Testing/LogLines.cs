using Microsoft.Extensions.Logging;

namespace Signaling.Actors.Tests.Testing;

/// <summary>Keeps what a node logs.</summary>
internal sealed class LogLines : ILogger
{
    private readonly List<(LogLevel Level, string Text)> _lines = [];

    /// <summary>As an operator reads them, from Information on.</summary>
    public IEnumerable<string> ForOperators => from line in _lines where line.Level >= LogLevel.Information select line.Text;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Add((logLevel, formatter(state, exception)));
}
