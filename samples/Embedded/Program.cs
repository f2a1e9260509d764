using Signaling.Actors.Hosting;
using Signaling.AspNetCore;

// An app of your own, with signaling at /signal: the two lines that say Signaling, and the two usings.
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddSignaling();

var app = builder.Build();
app.MapGet("/", () => "An ordinary route of this app. Signaling is at /signal.\n");
app.MapSignaling("/signal");
app.Run();
