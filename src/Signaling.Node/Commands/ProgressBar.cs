using Spectre.Console;

namespace Signaling.Node.Commands;

/// <summary>A bar for what takes long, where a person looks; nothing where the output goes to a file or a program.</summary>
internal static class ProgressBar
{
    /// <param name="name">What is done.</param>
    /// <param name="work">Does it, and tells the share that is done, 0 to 1.</param>
    public static T Run<T>(string name, Func<Action<double>, T> work)
    {
        if (Console.IsOutputRedirected) return work(_ => { });
        return AnsiConsole.Progress().AutoClear(true).Start(progress =>
        {
            var bar = progress.AddTask(name, maxValue: 1);
            return work(share => bar.Value = share);
        });
    }
}
