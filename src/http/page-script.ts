/**
 * The whole script of the page: takes the main part from /events and turns the one on the screen into it piece by
 * piece, so that scroll, focus, selection and what was opened stay; asks for the page itself where the stream is
 * refused; counts ages on; says when nothing is heard any more.
 * Everything works without it, by a refresh.
 */
export const SCRIPT = `(()=>{
'use strict';
const main=document.querySelector('main'),lost=document.getElementById('lost'),live=document.getElementById('live');
let skew=Date.now()-Number(main.dataset.now),heard=Date.now(),stream;
const age=(s)=>s<120?s+' s':s<7200?Math.floor(s/60)+' min':s<172800?Math.floor(s/3600)+' h':Math.floor(s/86400)+' d';
const tick=()=>{for(const t of document.querySelectorAll('time[data-age]')){
const s=Math.floor((Date.now()-skew-Date.parse(t.dateTime))/1000),text=s<1?'just now':age(s)+' ago';
if(t.textContent!==text)t.textContent=text}};
const same=(a,b)=>a.nodeType===b.nodeType&&a.nodeName===b.nodeName&&(a.id||'')===(b.id||'');
const attributes=(a,b)=>{for(const {name,value} of b.attributes)if(name!=='open'&&a.getAttribute(name)!==value)a.setAttribute(name,value);
for(const {name} of [...a.attributes])if(name!=='open'&&!b.hasAttribute(name))a.removeAttribute(name)};
const become=(a,b)=>{
if(a.nodeType!==1){if(a.data!==b.data)a.data=b.data;return}
attributes(a,b);
let at=a.firstChild;
const known=new Map([...a.children].filter((e)=>e.id).map((e)=>[e.id,e]));
for(const want of [...b.childNodes]){
const have=want.id?known.get(want.id):at&&!at.id&&same(at,want)?at:null;
if(!have||!same(have,want)){a.insertBefore(want,at);continue}
if(have===at)at=at.nextSibling;else a.insertBefore(have,at);
become(have,want)}
while(at){const next=at.nextSibling;at.remove();at=next}};
const show=(text)=>{
const next=new DOMParser().parseFromString(text,'text/html').querySelector('main');
if(!next)return;
const focus=document.activeElement;
become(main,next);
if(focus&&focus!==document.activeElement&&focus.isConnected)focus.focus({preventScroll:true});
skew=Date.now()-Number(main.dataset.now);document.title=main.dataset.title;tick()};
const state=()=>{
const silent=Date.now()-heard,is=silent>35e3||stream.readyState!==1&&silent>9e3;
const at=new Date(heard-skew).toISOString().slice(11,19);
const text=is?'Not live: badgateway has said nothing since '+at+' UTC. What stands here is old.':'';
if(lost.textContent!==text)lost.textContent=text;
lost.hidden=!is;
const word=is?'Not live':'Live, as of '+at+' UTC';
if(live.textContent!==word)live.textContent=word};
const open=()=>{
stream=new EventSource('/events');
stream.addEventListener('main',(event)=>{heard=Date.now();show(event.data);state()});
stream.onerror=async()=>{
if(stream.readyState!==2)return;
setTimeout(open,5000);
try{const answer=await fetch('/');if(answer.ok){const text=await answer.text();heard=Date.now();show(text);state()}}catch{}}};
open();
setInterval(()=>{tick();state()},1000);
addEventListener('pagehide',()=>stream.close());
addEventListener('pageshow',(event)=>{if(event.persisted)open()});
})();`;
