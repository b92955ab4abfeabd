// A stream of server-sent events never ends, and Swagger UI shows an answer only once it has ended. So operations that
// answer with one cannot be executed here; their descriptions say how to watch them.
const endless = ["responses", "200", "content", "text/event-stream"];

const NoEndlessAnswers = () => ({
  statePlugins: {
    spec: {
      wrapSelectors: {
        allowTryItOutFor: (original, system) => (state, path, method) =>
          !system.specSelectors.specJson().hasIn(["paths", path, method, ...endless]),
      },
    },
  },
});

window.onload = () => {
  window.ui = SwaggerUIBundle({
    dom_id: "#swagger-ui",
    url: "/openapi.json",
    validatorUrl: "none", // the default sends the document to a public server
    deepLinking: true,
    docExpansion: "list",
    persistAuthorization: true,
    tryItOutEnabled: true,
    displayRequestDuration: true,
    presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
    plugins: [SwaggerUIBundle.plugins.DownloadUrl, NoEndlessAnswers],
    layout: "StandaloneLayout",
  });
};
