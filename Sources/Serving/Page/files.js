// Ways for pictures to get here: dropped, pasted, chosen, a folder, the camera.

const isPicture = (file) => file.type.startsWith("image/") || /\.(jpe?g|png|webp)$/i.test(file.name);

/** All files below a dropped folder. */
async function filesOf(entry, into) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    Object.defineProperty(file, "graftPath", { value: entry.fullPath.replace(/^\//, "") });
    into.push(file);
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return;
    for (const inner of some) await filesOf(inner, into);
  }
}

/** Calls `add` with pictures, whichever way they come. */
export function receive(add) {
  const byId = (id) => document.getElementById(id);
  const give = (files) => add([...files].filter(isPicture));
  const drop = byId("drop"), files = byId("files"), folder = byId("folder");

  byId("choose").addEventListener("click", () => files.click());
  byId("choose-folder").addEventListener("click", () => folder.click());
  for (const input of [files, folder]) {
    input.addEventListener("change", () => {
      give(input.files);
      input.value = "";
    });
  }

  let depth = 0;
  addEventListener("dragenter", () => drop.classList.toggle("over", ++depth > 0));
  addEventListener("dragleave", () => drop.classList.toggle("over", --depth > 0));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", async (event) => {
    event.preventDefault();
    depth = 0;
    drop.classList.remove("over");
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    if (entries.length === 0) return give(event.dataTransfer.files);
    const found = [];
    for (const entry of entries) await filesOf(entry, found);
    give(found);
  });
  addEventListener("paste", (event) => give(event.clipboardData.files));
  camera((file) => add([file]));
}

/** The button for the camera, where the browser has one to offer. */
function camera(add) {
  const byId = (id) => document.getElementById(id);
  if (!navigator.mediaDevices?.getUserMedia) return;
  const dialog = byId("camera"), video = byId("video"), button = byId("open-camera");
  let number = 0;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      dialog.showModal();
    } catch (error) {
      byId("model").textContent = `No camera: ${error.message}`;
    }
  });
  byId("shoot").addEventListener("click", () => {
    const canvas = document.createElement("canvas");
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext("2d").drawImage(video, 0, 0);
    canvas.toBlob((blob) => {
      if (blob) add(new File([blob], `camera-${++number}.jpg`, { type: "image/jpeg" }));
    }, "image/jpeg", 0.92);
  });
  byId("close-camera").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => video.srcObject?.getTracks().forEach((track) => track.stop()));
}
