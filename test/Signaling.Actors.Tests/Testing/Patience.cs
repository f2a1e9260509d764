namespace Signaling.Actors.Tests.Testing;

/// <summary>Waits that end: what another thread has to do is done soon, or the test fails.</summary>
internal static class Patience
{
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(30);

    public static Task Soon(this Task task) => task.WaitAsync(Most);

    public static Task<T> Soon<T>(this Task<T> task) => task.WaitAsync(Most);

    public static Task<T> Soon<T>(this ValueTask<T> task) => task.AsTask().WaitAsync(Most);
}
