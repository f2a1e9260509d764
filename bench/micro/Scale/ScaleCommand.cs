using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Signaling.Bench.Micro.Scale;

/// <summary>Measures each number of peers in a process of its own, so that none finds what another has left.</summary>
internal static class ScaleCommand
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <param name="command">Of this program, with its options but for <c>--peers</c> and <c>--json</c>.</param>
    /// <param name="counts">Numbers of peers.</param>
    /// <param name="file">Takes the lines, too.</param>
    /// <param name="measureAsync">Measures one number of peers.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync<T>(string[] command, int[] counts, string? file, Func<int, Task<T>> measureAsync)
    {
        var exitCode = 0;
        foreach (var count in counts)
        {
            var (code, line) = counts.Length == 1 ? (0, JsonSerializer.Serialize(await measureAsync(count), Json)) : await InProcessAsync(command, count);
            exitCode = Math.Max(exitCode, code);
            if (line.Length == 0) continue;
            Console.WriteLine(line);
            if (file is not null) await File.AppendAllTextAsync(file, line + '\n');
        }
        return exitCode;
    }

    private static async Task<(int Code, string Line)> InProcessAsync(string[] command, int count)
    {
        string[] arguments = [.. command, "--peers", count.ToString(CultureInfo.InvariantCulture)];
        using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, arguments) { RedirectStandardOutput = true })!;
        var line = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, line.Trim());
    }
}
