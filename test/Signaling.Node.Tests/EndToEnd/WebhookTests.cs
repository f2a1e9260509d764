using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

/// <summary>The operator's own HTTP endpoint decides.</summary>
public sealed class WebhookTests : IAsyncLifetime
{
    private readonly WebApplication _endpoint;
    private NodeProcess _node = null!;

    public WebhookTests()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        _endpoint = builder.Build();
        _endpoint.Run(async context =>
        {
            var question = (await JsonDocument.ParseAsync(context.Request.Body)).RootElement;
            var knows = context.Request.Headers.Authorization == "Bearer the node's own secret" && question.GetProperty("address").GetString() == "127.0.0.1";
            var isAllowed = knows && question.GetProperty("token").GetString() == $"{question.GetProperty("peerId").GetString()}'s ticket";
            await context.Response.WriteAsync(isAllowed ? """{"allow":true,"reach":["bob"]}""" : """{"allow":false,"reason":"this ticket is not for you"}""");
        });
    }

    public async Task InitializeAsync()
    {
        await _endpoint.StartAsync();
        _node = await NodeProcess.StartAsync("--set", "Auth:Mode=Webhook", "--set", $"Auth:Webhook:Url={_endpoint.Urls.First()}/register", "--set", "Auth:Webhook:Secret=the node's own secret");
    }

    public async Task DisposeAsync()
    {
        await _node.DisposeAsync();
        await _endpoint.DisposeAsync();
    }

    [Fact]
    public async Task It_lets_in_whom_it_knows_and_says_whom_they_reach()
    {
        await using var alice = await SignalingClient.ConnectAsync(_node.Clients);
        await alice.SendAsync("""{"type":"register","peerId":"alice","token":"alice's ticket"}""");
        await alice.NextAsync("registered");
        await alice.SendAsync("""{"type":"offer","to":"carol"}""");
        Assert.Equal("out-of-reach", (await alice.NextAsync("error")).Value("code"));
        await alice.SendAsync("""{"type":"offer","to":"bob"}""");
        await alice.NextAsync("peer-offline");

        await using var mallory = await SignalingClient.ConnectAsync(_node.Clients);
        await mallory.SendAsync("""{"type":"register","peerId":"alice","token":"mallory's ticket"}""");
        Assert.Equal("Not registered: this ticket is not for you", (await mallory.NextAsync("error")).Value("error"));
        Assert.Equal(4003, (await mallory.ClosedAsync()).Code);
    }

    [Fact]
    public async Task While_it_is_away_those_that_are_here_stay()
    {
        await using var alice = await SignalingClient.ConnectAsync(_node.Clients);
        await alice.SendAsync("""{"type":"register","peerId":"alice","token":"alice's ticket"}""");
        await alice.NextAsync("registered");
        await _endpoint.StopAsync();

        await using var bob = await SignalingClient.ConnectAsync(_node.Clients);
        await bob.SendAsync("""{"type":"register","peerId":"bob","token":"bob's ticket"}""");

        Assert.Equal("auth-unavailable", (await bob.NextAsync("error")).Value("code"));
        await alice.SendAsync("""{"type":"register","peerId":"alice","deviceType":"ios"}""");
        await alice.NextAsync("registered");
        await bob.ExpectNothingElseAsync();
    }
}
