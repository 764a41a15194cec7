// Search without a server: browsers start no worker from a file, so a hidden frame takes its place there.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      document.body.append(frame);
      this.inside = frame.contentWindow;
      const send = "parent.postMessage(data, '*')";
      this.inside.document.open();
      this.inside.document.write(`<script>postMessage = (data) => ${send}</script><script src="${url}"></script>`);
      this.inside.document.close();
      window.addEventListener("message", (event) => {
        if (event.source !== this.inside) return;
        this.dispatchEvent(new MessageEvent("message", { data: event.data }));
        this.onmessage?.(event);
      });
    }

    postMessage(data) {
      // The frame's own postMessage answers; what is sent before the script has loaded waits for it.
      const send = () => this.inside.dispatchEvent(new MessageEvent("message", { data }));
      if (this.inside.document.readyState === "complete") send();
      else this.inside.addEventListener("load", send, { once: true });
    }

    terminate() {
      this.inside.frameElement.remove();
    }
  };
}
