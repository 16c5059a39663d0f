// Makes a page equal to a freshly rendered one, in place: what has not changed is not touched, so the focus, a
// half-written note, an open menu and a playing message outlive every refresh. An id names one and the same thing
// wherever it stands: what has gone to another part of the page is moved there, not made anew.

const THEIRS = new Set(["open"]); // whether a menu is open is the person's business, once it is there

const aside = document.createElement("div"); // for what has left its old place and not come to its new one yet
let known = new Map(); // the elements of the page as it was, by id
let wanted = new Set(); // the ids of the page as it is to be

export function morphPage(old, fresh) {
  known = new Map([...old.querySelectorAll("[id]")].map((element) => [element.id, element]));
  wanted = new Set([...fresh.querySelectorAll("[id]")].map((element) => element.id));
  document.body.append(aside);
  morphChildren(old, fresh);
  aside.replaceChildren();
  aside.remove();
}

// The bar above every page, which comes with the answers for what stands below it.
export function morphDuty(answer) {
  const duty = answer.querySelector("#duty");
  duty.remove();
  morphPage(document.getElementById("duty"), duty);
}

function morph(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (old.nodeType !== Node.ELEMENT_NODE) {
    old.nodeValue = fresh.nodeValue;
    return;
  }
  copyAttributes(old, fresh);
  if (old.nodeName !== "AUDIO") morphChildren(old, fresh);
}

function copyAttributes(old, fresh) {
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !THEIRS.has(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value && !THEIRS.has(name)) old.setAttribute(name, value);
  }
}

function morphChildren(old, fresh) {
  const here = new Set([...fresh.children].map((child) => child.id));
  let place = old.firstChild;
  for (const next of [...fresh.childNodes]) {
    const same = standing(next);
    if (same) {
      // Moving an element may take its focus away, so what stands in between is moved out of its way instead.
      while (same.parentNode === old && place && place !== same && !(place.id && here.has(place.id))) place = dropped(place);
      if (place === same) place = same.nextSibling;
      else moveBefore(old, same, place);
      morph(same, next);
    } else if (place && !place.id && !next.id && place.nodeName === next.nodeName) {
      const after = place.nextSibling;
      morph(place, next);
      place = after;
    } else {
      old.insertBefore(next, place);
      takeIn(next);
    }
  }
  while (place) place = dropped(place);
}

// What stands on the page already of this fresh node: the same id, and the same kind of thing.
function standing(node) {
  const same = node.id ? known.get(node.id) : undefined;
  return same?.isConnected && same.nodeName === node.nodeName ? same : null;
}

// A part of the page is new, but what stands in it may have stood elsewhere.
function takeIn(added) {
  for (const spot of added.querySelectorAll?.("[id]") ?? []) {
    const same = standing(spot);
    if (!same || same === spot || !added.contains(spot)) continue;
    moveBefore(spot.parentNode, same, spot);
    morph(same, spot);
    spot.remove();
  }
}

function dropped(node) {
  const next = node.nextSibling;
  for (const each of node.nodeType === Node.ELEMENT_NODE ? [node, ...node.querySelectorAll("[id]")] : []) {
    if (wanted.has(each.id) && !aside.contains(each)) moveBefore(aside, each, null);
  }
  if (node.parentNode !== aside) node.remove();
  return next;
}

// As browsers that can do it move an element, it keeps its focus and its caret, and a sound goes on.
function moveBefore(parent, node, place) {
  (parent.moveBefore ?? parent.insertBefore).call(parent, node, place);
}
