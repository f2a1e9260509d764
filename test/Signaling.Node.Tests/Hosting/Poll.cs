using System.Net.Http.Json;
using System.Text.Json;

namespace Signaling.Node.Tests.Hosting;

/// <summary>For what a node shows only when asked: asks again, a bounded number of times.</summary>
public static class Poll
{
    private const int Tries = 200;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Until it holds.</summary>
    public static async Task UntilAsync(Func<Task<bool>> holds)
    {
        for (var i = 0; i < Tries; i++)
        {
            if (await holds()) return;
            await Task.Delay(Pause);
        }
        Assert.Fail("It never held.");
    }

    /// <summary>The first answer that fits.</summary>
    public static async Task<JsonElement> JsonAsync(this HttpClient http, Uri uri, Func<JsonElement, bool> fits)
    {
        var answer = default(JsonElement);
        for (var i = 0; i < Tries; i++)
        {
            answer = await http.GetFromJsonAsync<JsonElement>(uri);
            if (fits(answer)) return answer;
            await Task.Delay(Pause);
        }
        Assert.Fail($"{uri} never answered as expected, at last {answer}");
        return answer;
    }
}
