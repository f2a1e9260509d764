using System.Net;

namespace Signaling.Node.Tests.Auth;

/// <summary>An HTTP endpoint in memory.</summary>
internal sealed class StubHttp : HttpMessageHandler
{
    /// <summary>What was asked: the body of each request.</summary>
    public List<string> Requests { get; } = [];

    /// <summary>The last <c>Authorization</c>.</summary>
    public string? Authorization { get; private set; }

    /// <summary>What is answered from now on; null: the connection fails.</summary>
    public (HttpStatusCode Status, string Body)? Answer { get; set; }

    /// <summary>Where it is there, answers wait for it.</summary>
    public TaskCompletionSource? Gate { get; set; }

    public HttpClient Client() => new(this, disposeHandler: false);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is { } content ? await content.ReadAsStringAsync(cancellationToken) : "";
        lock (Requests) Requests.Add(body);
        Authorization = request.Headers.Authorization?.ToString();
        if (Gate is { } gate) await gate.Task.WaitAsync(cancellationToken);
        return Answer is { } answer ? new HttpResponseMessage(answer.Status) { Content = new StringContent(answer.Body) } : throw new HttpRequestException("nobody answers");
    }
}
